"""The sample shop, and the virtual floor on which people walk through it; for `tagtill demo` alone.

- `shop`: goods, tags, promotions, made from a seed; `assortment`: what there is to sell.
- `pictures`: drawn products, by `drawn_clothes` and `drawn_gear` in `drawn_colours`.
- `scenes`, `floor`: what lies where for the virtual readers. `floor_page`, `site`: the page that moves it.
- `processes`, `child`, `supervisor`: the shop's processes, started, tended and killed on purpose.
- `walk`, `once`: one shopper without a browser, for `demo --once`.
"""
