"""What models cost, from the environment."""

from decimal import Decimal

from dreamsite.env import BadSetting, Environment, dollars

NEEDED, MAY_BE = {"input", "output"}, {"input", "output", "cached_input"}


def model_prices(env: Environment, name: str) -> dict[str, dict[str, Decimal]]:
    """Model → dollars per million tokens for `input`, `output` and, when given, `cached_input`."""
    found: dict[str, dict[str, Decimal]] = {}
    for model, price in env.json_object(name).items():
        if not isinstance(price, dict) or not NEEDED <= set(price) <= MAY_BE:
            raise BadSetting(
                name, f'{model} needs {{"input": dollars, "output": dollars}}, and may have "cached_input"'
            )
        found[model] = {kind: dollars(name, value) for kind, value in price.items()}
    return found
