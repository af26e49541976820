"""What a basket costs: promotions, then tax; pure, deterministic, integers of minor units.

1. A unit is one item. Units are in scan order, promotions in the order in which they apply.
2. A promotion sees the units that it selects and that no earlier promotion consumed, at their price as it stands.
   `min_total_minor` looks at the sum of exactly these.
3. Percent and amount work per unit, or once on the sum of the selected units (`per` basket). `max_minor` caps what one
   such working takes off. A basket's discount is apportioned over the prices by largest remainder, ties to the earlier.
4. Multi-buys form whole groups and consume every unit of them, reduced or not. Percent and amount consume what they
   select when they are exclusive.
5. "Cheapest" orders by price, equal prices by later scan first; "dearest" is the same order from its other end.
   - cheapest_*: g = ⌊n / for_every⌋ groups; the g × free cheapest are reduced, the dearest pay for them.
   - bundle: the dearest units first, group by group, while a group costs more than the bundle does.
   - buy_get: as many whole groups as disjoint units allow; the cheapest are got, the dearest bought.
6. Nothing costs less than zero, and no promotion makes anything dearer.
7. Tax comes last, from the discounted prices: per unit, or per rate and then apportioned over its units.
   Net + tax = gross for every unit, every rate and the whole.
8. Cash rounding changes what coins pay, never the total.

- `model`: the values. `rules`: what one promotion does. `tax`: the split. `engine`: `price`. `json_form`: in and out,
  by `fields`.
"""

from checkout.pricing.engine import price
from checkout.pricing.json_form import load_request, parse_promotions, parse_request, promotion_to_json, to_json
from checkout.pricing.model import (
    AmountOff,
    Bundle,
    BuyGet,
    CheapestOff,
    Per,
    PercentOff,
    PricedBasket,
    PricedUnit,
    PriceRequest,
    Prices,
    Promotion,
    Rule,
    Selection,
    TaxRounding,
    TaxTotal,
    Unit,
)

__all__ = [
    "AmountOff",
    "Bundle",
    "BuyGet",
    "CheapestOff",
    "Per",
    "PercentOff",
    "PriceRequest",
    "PricedBasket",
    "PricedUnit",
    "Prices",
    "Promotion",
    "Rule",
    "Selection",
    "TaxRounding",
    "TaxTotal",
    "Unit",
    "load_request",
    "parse_promotions",
    "parse_request",
    "price",
    "promotion_to_json",
    "to_json",
]
