"""What models cost where: the operator's own list, and the bundled list of genai-prices for known endpoints.

The bundled list is data in the package: nothing is fetched, at import or later. It is asked by the endpoint's
address, so an endpoint of one's own that serves a model under a famous name is never priced by it.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from builds.ports import Price, Usage

OTHER_MEDIA = ("audio", "image", "video")  # we send and ask for text alone


class KnownPrices(Mapping[str, Price]):
    """The highest price of each model that anybody knows: what a reservation has to be made at.

    Iterating gives the operator's own list; asking for a name also asks the bundled one.
    """

    def __init__(self, own: Mapping[str, Price], base_url: str) -> None:
        self._own = own
        self._base_url = base_url

    def __getitem__(self, model: str) -> Price:
        known = [price for price in (self._own.get(model), ceiling(self._base_url, model)) if price]
        if not known:
            raise KeyError(model)
        return Price(
            input=max(max(price.input, price.cached_input or Decimal(0)) for price in known),
            output=max(price.output for price in known),
            cached_input=self._own[model].cached_input if len(known) == 1 and model in self._own else None,
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


def ceiling(base_url: str, model: str) -> Price | None:
    """The highest rates of the bundled list, whatever the hour, the tier or the cache; None where unknown."""
    info = find(base_url, model)
    if info is None:
        return None
    every = [each.prices for each in info.prices] if isinstance(info.prices, list) else [info.prices]
    if any(key.startswith("requests") for price in every for key in rates(price)):
        return None  # a fee for each request is no rate; such a model needs a price of the operator's
    into = [
        rate for price in every for key, rate in rates(price).items() if key.startswith(("input", "cache"))
    ]
    out = [rate for price in every for key, rate in rates(price).items() if key.startswith("output")]
    return Price(input=max(into), output=max(out)) if into and out else None


def rates(price: ModelPrice) -> dict[str, Decimal]:
    """Each rate of a price by its key, of tiers the highest."""
    found = {}
    for key, value in vars(price).items():
        if value is None or any(medium in key for medium in OTHER_MEDIA):
            continue
        if isinstance(value, TieredPrices):
            found[key] = max([value.base, *(tier.price for tier in value.tiers)])
        elif isinstance(value, Decimal):
            found[key] = value
    return found


def find(base_url: str, model: str) -> ModelInfo | None:
    """The model at that endpoint in the bundled list."""
    try:
        return get_snapshot().find_provider_model(model, None, None, base_url)[1]
    except LookupError:
        return None


def priced(base_url: str, model: str, usage: Usage) -> Decimal | None:
    """What the bundled list says that the call cost now; None where it does not know."""
    if find(base_url, model) is None or ceiling(base_url, model) is None:
        return None
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=min(usage.cached_tokens, usage.input_tokens),
        output_tokens=usage.output_tokens,
    )
    try:
        return genai_prices.calc_price(counted, model, provider_api_url=base_url).total_price
    except (LookupError, ValueError):
        return None
