"""`python -m rumbl_web`: the same as the command `rumbl-web`."""

from rumbl_web.cli import main

main(prog_name="rumbl-web")
