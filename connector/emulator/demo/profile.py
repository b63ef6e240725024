"""What is decided about a customer before its records are written: place in the cast, size, money, dates."""

from dataclasses import dataclass
from datetime import date, timedelta

from connector.emulator.demo.cast import PLAN, Recipe
from connector.emulator.demo.catalogue import products
from connector.emulator.demo.dice import Dice

PRODUCTS = {product.code: product for product in products()}
_USUAL_PLANS = ("CORE-LITE", "CORE-STD", "CORE-STD", "CORE-STD")
_COUNTRIES = (
    ("Japan", "JPY"),
    ("Japan", "JPY"),
    ("United States", "USD"),
    ("United States", "USD"),
    ("United Kingdom", "USD"),
    ("Germany", "EUR"),
    ("France", "EUR"),
)
_INDUSTRIES = {
    "Manufacturing": "製造",
    "Technology": "技術",
    "Transportation": "物流",
    "Retail": "小売",
    "Healthcare": "医療",
    "Finance": "金融",
    "Education": "教育",
}
_USUAL_INDUSTRIES = tuple(name for name in _INDUSTRIES if name != "Education")
"""Who is not cast as a school is none, so that schools can be told by what they buy."""
_CSMS = 6
_SETTLED = 400
"""Days from which on it does not matter how long exactly somebody has been a customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One account's number, part, recipe, and its parent's key."""

    number: int
    part: str
    recipe: Recipe
    parent: str | None = None

    @property
    def key(self) -> str:
        """The account's key: `a001`."""
        return f"a{self.number:03}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One customer as decided; every record of it is written from this."""

    place: Place
    today: date
    dice: Dice
    industry: str
    country: str
    currency: str
    plan: str
    employees: int
    seats: int
    owner: str | None
    tenure: int
    """Days as a customer."""
    renewal_in: int
    """Days to the last day of the current term."""

    @property
    def recipe(self) -> Recipe:
        """What makes it what it is."""
        return self.place.recipe

    @property
    def key(self) -> str:
        """The account's key."""
        return self.place.key

    @property
    def name(self) -> str:
        """Plainly made up: `Example Retail 012`, or `株式会社サンプル小売012` in Japan."""
        if self.country == "Japan":
            return f"株式会社サンプル{_INDUSTRIES[self.industry]}{self.place.number:03}"
        return f"Example {self.industry} {self.place.number:03}"

    @property
    def customer_since(self) -> date:
        """The day of the first deal, where there was one."""
        return self.ago(self.tenure)

    @property
    def seats_used(self) -> int:
        """Of `seats`, rounded down, so that 90 % is never overstated."""
        return int(self.seats * self.recipe.used + 1e-9)

    def ago(self, days: int) -> date:
        """The day so many days before today (after, if negative)."""
        return self.today - timedelta(days=days)

    def code(self, product: str) -> str:
        """The product code that a recipe's word stands for."""
        return self.plan if product == PLAN else product

    @property
    def contact(self) -> str | None:
        """The key of the account's first contact, where it has contacts."""
        return None if self.recipe.people == "none" else f"c{self.place.number * 10 + 1:04}"

    def listed(self, product: str) -> float:
        """One unit of the product a month, in the world's currency."""
        return PRODUCTS[product].list_price

    def price(self, product: str) -> float:
        """One unit of the product a month, in the account's currency: whole, or a half."""
        listed = self.listed(product)
        if self.currency == "JPY":
            return round(listed * 150)
        return listed if self.currency == "USD" else round(listed * 1.8) / 2


def decide(place: Place, *, seed: int, today: date) -> Profile:
    """Settle what the recipe leaves open, by dice that know only the seed and the account."""
    dice = Dice(f"{seed}/{place.key}")
    recipe = place.recipe
    countries = [pair for pair in _COUNTRIES if recipe.country in (None, pair[0])]
    country, currency = dice.pick(countries, "country")
    employees = dice.between(*recipe.size, "employees")
    return Profile(
        place=place,
        today=today,
        dice=dice,
        industry=recipe.industry or dice.pick(_USUAL_INDUSTRIES, "industry"),
        country=country,
        currency=currency,
        plan=recipe.plan or dice.pick(_USUAL_PLANS, "plan"),
        employees=employees,
        seats=max(10, round(employees * recipe.penetration)),
        owner=_owner(place),
        tenure=recipe.tenure + (dice.between(0, 80, "tenure") if recipe.tenure > _SETTLED else 0),
        renewal_in=recipe.renewal_in or dice.between(200, 330, "renewal"),
    )


def _owner(place: Place) -> str | None:
    if place.recipe.owner == "none":
        return None
    if place.recipe.owner == "inactive":
        return f"CSM {_CSMS + 1 + place.number % 2:02}"
    return f"CSM {1 + place.number % _CSMS:02}"
