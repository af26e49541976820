"""What the sample shop sells: models, their colours and sizes. Invented; nothing here is anybody's product.

The order is the order of the GTINs: add at the end of a category's list only if GTINs may change.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ASSORTMENT", "COLOURS", "PROMOTIONS", "Category", "Model"]

# name -> (the colour itself, what it goes with), for the drawings
COLOURS = MappingProxyType(
    {
        "Moss": ("#6b8f5a", "#f2b93b"),
        "Coral": ("#f2705e", "#2f4a73"),
        "Navy": ("#2f4a73", "#f2705e"),
        "Sand": ("#d9bc8c", "#2e8c8c"),
        "Charcoal": ("#4a4f57", "#f2b93b"),
        "Sky": ("#6fb4de", "#2f4a73"),
        "Plum": ("#7b4b78", "#e9c46a"),
        "Sun": ("#f2b93b", "#2f4a73"),
        "Berry": ("#c23b63", "#efe6d3"),
        "Teal": ("#2e8c8c", "#f4a261"),
        "Ivory": ("#efe6d3", "#c23b63"),
        "Rust": ("#b8572f", "#efe6d3"),
        "Orange": ("#e07a35", "#2f4a73"),
        "Mint": ("#8ccfb0", "#7b4b78"),
    }
)

_LETTERS = ("S", "M", "L", "XL")


@dataclass(frozen=True, slots=True)
class Model:
    """One article. Each finish in each size is a product of its own.

    finishes: what it is called (a colour, a flavour, nothing) and the colour of `COLOURS` that it is drawn in.
    sizes: what it is called (or nothing), and the minor units that it costs more than `price_minor`.
    """

    name: str
    drawing: str
    price_minor: int
    finishes: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Category:
    """One gondola of the shop; `stock` is how many items of each product there are, at least and at most."""

    name: str
    group: str
    tax_rate: str
    stock: tuple[int, int]
    models: tuple[Model, ...]


def _in(*colours: str) -> tuple[tuple[str, str], ...]:
    return tuple((colour, colour) for colour in colours)


def _sized(*sizes: str, step_minor: int = 0) -> tuple[tuple[str, int], ...]:
    return tuple((size, step_minor * n) for n, size in enumerate(sizes))


def _titles(drawing: str, price_minor: int, size: str, *titles: tuple[str, str]) -> tuple[Model, ...]:
    return tuple(Model(title, drawing, price_minor, (("", colour),), _sized(size)) for title, colour in titles)


_SOCK_SIZES = _sized("36–38", "39–41", "42–44")
_SHOE_SIZES = _sized("38", "39", "40", "41", "42", "43")

_CLOTHES = (
    Category(
        "T-shirts",
        "t-shirts",
        "0.19",
        (8, 12),
        (
            Model("Trail Tee", "tee-plain", 2495, _in("Moss", "Charcoal"), _sized(*_LETTERS)),
            Model("Harbour Stripe Tee", "tee-striped", 2995, _in("Sky", "Ivory"), _sized(*_LETTERS)),
            Model("Summit Print Tee", "tee-printed", 2995, _in("Navy", "Berry"), _sized(*_LETTERS)),
            Model("Raglan Run Tee", "tee-raglan", 3495, _in("Ivory", "Sun"), _sized(*_LETTERS)),
        ),
    ),
    Category(
        "Jackets",
        "jackets",
        "0.19",
        (7, 10),
        (
            Model("Stormline Shell Jacket", "jacket-shell", 14995, _in("Teal", "Rust"), _sized(*_LETTERS)),
            Model("Cirrus Down Jacket", "jacket-down", 18995, _in("Sun", "Plum"), _sized(*_LETTERS)),
            Model("Fjord Fleece Jacket", "jacket-fleece", 7995, _in("Sand", "Navy"), _sized(*_LETTERS)),
        ),
    ),
    Category(
        "Shoes",
        "shoes",
        "0.19",
        (7, 11),
        (
            Model("Tempo Runner", "shoe-running", 11995, _in("Sky", "Coral"), _SHOE_SIZES),
            Model("Ridge Mid Boot", "shoe-trail", 16995, _in("Rust", "Charcoal"), _SHOE_SIZES),
            Model("Pacer Junior", "shoe-running", 5995, _in("Mint"), _sized("32", "33", "34", "35")),
        ),
    ),
    Category(
        "Socks",
        "socks",
        "0.19",
        (10, 16),
        (
            Model("Trail Crew Socks", "sock-ribbed", 1295, _in("Moss", "Rust", "Charcoal"), _SOCK_SIZES),
            Model("Everyday Dot Socks", "sock-dotted", 895, _in("Navy", "Berry", "Mint"), _SOCK_SIZES),
            Model("Club Stripe Socks", "sock-striped", 995, _in("Teal", "Coral", "Sky"), _SOCK_SIZES),
        ),
    ),
    Category(
        "Caps & beanies",
        "caps",
        "0.19",
        (8, 12),
        (
            Model(
                "Lookout Cap",
                "cap",
                2295,
                _in("Berry", "Moss", "Navy", "Sand", "Charcoal", "Sky"),
                _sized("S/M", "L/XL"),
            ),
            Model(
                "Bobble Beanie",
                "beanie",
                1995,
                _in(
                    "Navy", "Coral", "Teal", "Plum", "Sun", "Ivory", "Moss", "Rust", "Sky", "Berry", "Mint", "Charcoal"
                ),
                _sized("one size"),
            ),
        ),
    ),
)

_SPORT = (
    Category(
        "Balls",
        "balls",
        "0.19",
        (7, 11),
        (
            Model(
                "Kickabout Football",
                "football",
                1995,
                _in("Navy", "Berry", "Moss"),
                _sized("size 3", "size 4", "size 5"),
            ),
            Model(
                "Courtside Basketball",
                "basketball",
                2495,
                _in("Orange", "Plum", "Sky"),
                _sized("size 5", "size 6", "size 7"),
            ),
            Model(
                "Topspin Volleyball",
                "volleyball",
                2795,
                _in("Sun", "Teal", "Coral"),
                _sized("beach", "indoor", "match", step_minor=500),
            ),
        ),
    ),
    Category(
        "Rackets",
        "rackets",
        "0.19",
        (7, 10),
        (
            Model(
                "Baseline Tennis Racket",
                "racket-tennis",
                8995,
                _in("Teal", "Coral", "Navy"),
                _sized("grip 2", "grip 3", "grip 4"),
            ),
            Model(
                "Feather Badminton Racket",
                "racket-badminton",
                4995,
                _in("Berry", "Sky", "Moss", "Plum"),
                _sized("3U", "4U"),
            ),
            Model(
                "Loop Table Tennis Bat",
                "bat",
                1995,
                _in("Berry", "Navy", "Teal"),
                _sized("3 stars", "4 stars", "5 stars", step_minor=800),
            ),
        ),
    ),
    Category(
        "Bottles",
        "bottles",
        "0.19",
        (8, 12),
        (
            Model(
                "Glacier Steel Bottle",
                "bottle-steel",
                2295,
                _in("Coral", "Sky", "Moss", "Navy", "Sun"),
                _sized("0.5 l", "0.75 l", "1.0 l", step_minor=400),
            ),
            Model(
                "Sprint Squeeze Bottle",
                "bottle-squeeze",
                895,
                _in("Plum", "Teal", "Ivory", "Berry", "Mint", "Orange"),
                _sized("0.6 l", "0.8 l", step_minor=100),
            ),
        ),
    ),
)

_OUTDOOR = (
    Category(
        "Backpacks",
        "backpacks",
        "0.19",
        (7, 10),
        (
            Model(
                "Errand Daypack",
                "backpack-day",
                5495,
                _in("Rust", "Sand", "Teal", "Navy", "Berry", "Moss"),
                _sized("18 l", "24 l", step_minor=1000),
            ),
            Model(
                "Longway Trek Pack",
                "backpack-trek",
                13995,
                _in("Charcoal", "Moss", "Plum", "Coral"),
                _sized("35 l", "45 l", "60 l", step_minor=2000),
            ),
        ),
    ),
    Category(
        "Tents",
        "tents",
        "0.19",
        (5, 8),
        (
            Model(
                "Meadow Dome Tent",
                "tent-dome",
                19995,
                _in("Moss", "Navy", "Coral", "Sand"),
                _sized("2 people", "3 people", "4 people", step_minor=5000),
            ),
            Model(
                "Ridgeline Tent",
                "tent-ridge",
                24995,
                _in("Teal", "Sky", "Rust", "Sun"),
                _sized("2 people", "3 people", "4 people", step_minor=6000),
            ),
        ),
    ),
)

_REST = (
    Category(
        "Bars & snacks",
        "snacks",
        "0.07",
        (14, 24),
        (
            Model(
                "Oat Bar",
                "bar-oat",
                179,
                (
                    ("Apple & cinnamon", "Moss"),
                    ("Raspberry", "Berry"),
                    ("Cocoa", "Rust"),
                    ("Banana", "Sun"),
                    ("Blueberry", "Plum"),
                    ("Coconut", "Ivory"),
                    ("Salted caramel", "Sand"),
                    ("Peppermint", "Mint"),
                    ("Orange", "Orange"),
                    ("Sea salt", "Sky"),
                ),
                _sized("45 g"),
            ),
            Model(
                "Protein Bar",
                "bar-protein",
                249,
                (
                    ("Peanut", "Orange"),
                    ("Dark chocolate", "Charcoal"),
                    ("Cherry", "Berry"),
                    ("Vanilla", "Ivory"),
                    ("Pistachio", "Moss"),
                    ("Espresso", "Rust"),
                ),
                _sized("55 g"),
            ),
            Model(
                "Trail Mix",
                "pouch",
                349,
                (
                    ("Classic", "Sand"),
                    ("Tropical", "Sun"),
                    ("Berry", "Plum"),
                    ("Nuts only", "Rust"),
                    ("Spicy", "Coral"),
                ),
                _sized("150 g", "400 g", step_minor=400),
            ),
        ),
    ),
    Category(
        "Books & maps",
        "books",
        "0.07",
        (6, 10),
        (
            *_titles(
                "book-guide",
                2290,
                "paperback",
                ("Forty Easy Summits", "Moss"),
                ("Huts Above the Clouds", "Sky"),
                ("The Weekend Walker", "Rust"),
                ("Rivers by Canoe", "Teal"),
                ("Night Trains to the Trailhead", "Navy"),
                ("Wild Berries, Safe Berries", "Berry"),
                ("Running for Late Starters", "Coral"),
                ("Knots That Hold", "Sand"),
                ("Winter on Foot", "Plum"),
                ("Camp Kitchen", "Sun"),
            ),
            Model(
                "Waypoint Notebook",
                "book-notebook",
                1290,
                _in("Coral", "Sky", "Moss", "Charcoal", "Plum"),
                _sized("A5"),
            ),
            *_titles(
                "map",
                1190,
                "1:25,000",
                ("Hiking Map 1: Ashfell", "Sand"),
                ("Hiking Map 2: Tarn Valley", "Mint"),
                ("Hiking Map 3: Grey Coast", "Sky"),
                ("Hiking Map 4: High Moor", "Ivory"),
                ("Hiking Map 5: Larch Forest", "Moss"),
                ("Hiking Map 6: Three Passes", "Sun"),
                ("Hiking Map 7: Salt Islands", "Teal"),
                ("Hiking Map 8: Old Border", "Sand"),
                ("Hiking Map 9: Copper Hills", "Orange"),
                ("Hiking Map 10: Windmill Ridge", "Mint"),
                ("Hiking Map 11: Fen Lakes", "Sky"),
            ),
        ),
    ),
)

ASSORTMENT: tuple[Category, ...] = (*_CLOTHES, *_SPORT, *_OUTDOOR, *_REST)

# In the form of `tagtill price`, in the order in which they apply.
PROMOTIONS: tuple[dict[str, object], ...] = (
    {"type": "cheapest_free", "name": "Socks: 3 for 2", "for_every": 3, "free": 1, "select": {"groups": ["socks"]}},
    {
        "type": "cheapest_percent",
        "name": "20 % off the second cap",
        "for_every": 2,
        "percent": "20",
        "select": {"groups": ["caps"]},
    },
    {
        "type": "bundle",
        "name": "Any 4 bars for 5.99",
        "count": 4,
        "price_minor": 599,
        "select": {"groups": ["oat-bar", "protein-bar"]},
    },
    {
        "type": "buy_get",
        "name": "Half-price bottle with a tent",
        "buy": {"select": {"groups": ["tents"]}, "count": 1},
        "get": {"select": {"groups": ["bottles"]}, "count": 1, "percent": "50"},
    },
    {
        "type": "percent",
        "name": "10 % off books and maps from 40.00",
        "percent": "10",
        "per": "basket",
        "select": {"groups": ["books"]},
        "min_total_minor": 4000,
    },
)
