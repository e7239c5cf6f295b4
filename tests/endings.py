"""`python -m tests.endings HOW`: a process with much to do at its end, which comes in that way."""

import atexit
import sys
import threading


def last_words() -> None:
    """Said while the process ends, by one who flushes nothing."""
    threading.main_thread().join()
    sys.stdout.write("the thread\n")


def main(how: str) -> None:
    """End by itself, by an exit with a number or words, or by a crash."""
    atexit.register(sys.stdout.write, "the very end\n")
    threading.Thread(target=last_words).start()
    match how:
        case "returns":
            return
        case "crashes":
            raise RuntimeError("no more")
        case "words":
            sys.exit("no more")
        case _:
            sys.exit(int(how))


if __name__ == "__main__":
    main(sys.argv[1])
