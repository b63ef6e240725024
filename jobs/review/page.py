"""A plan as one HTML page that needs nothing else: no script, no font, no image, no address to load from."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from jobs.review.outline import Outline, ref
from jobs.review.words import said, wrote

_LONG = 140


def page(outline: Outline) -> str:
    """The page. Whatever the CRM holds is text in it, never markup."""
    return _template().render(
        outline=outline, plan=outline.plan, words=outline.headings, said=said, wrote=wrote, ref=ref, long=_LONG
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("jobs.review", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
