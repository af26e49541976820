"""The names of profiles: which there are, and what is wrong with one that there is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from reader.errors import ProfileError
from reader.profile import keys
from reader.profile.composing import Composed, compose_file, compose_parts
from reader.profile.parts import model_of, names_of, part_of, shipped
from reader.profile.values import Model, Profile
from reader.settings_file import SettingsFile

__all__ = ["compose", "known_model", "load_profile", "shipped_models", "shipped_profiles"]


def shipped_profiles() -> list[str]:
    """Return the names of all profiles that come with the program, composed ones included."""
    composed = (
        f"{model.name}-{place}-{region}"
        for model in shipped_models().values()
        for place in model.places
        for region in model.regions
    )
    return sorted([*names_of(), *composed])


@cache
def shipped_models() -> Mapping[str, Model]:
    """Return the models that come with the program, by name."""
    models = {}
    for name in names_of("model"):
        asked = SettingsFile("the program", "", {"model": name})
        models[name] = model_of(name, part_of(asked, "model", (shipped(),)))
    return models


def known_model(driver: str, manufacturer: int | None, model_id: int | None) -> Model | None:
    """Return the shipped model that a reader is which says these numbers of itself; None where there is none.

    Serial modules have no manufacturer; their model id is what `model_ids` in the model's file says it is.
    """
    for model in shipped_models().values():
        if (model.driver, model.manufacturer) == (driver, manufacturer) and model_id in model.model_ids:
            return model
    return None


def load_profile(name_or_path: str) -> Profile:
    """Read a shipped profile by name (MODEL-PLACE-REGION), or any profile by path (one that ends in `.toml`).

    Raises:
        ProfileError: There is none of that name, or it cannot be obeyed; see `compose_file`.
    """
    return compose(name_or_path).profile


def compose(name_or_path: str) -> Composed:
    """Return what `load_profile` does, with where each figure comes from. Raises ProfileError."""
    if name_or_path.endswith(".toml"):
        return compose_file(Path(name_or_path), name_or_path)
    if name_or_path in names_of():
        return compose_file(shipped().joinpath(f"{name_or_path}.toml"), f"{name_or_path}.toml")
    bare = shipped_models().get(name_or_path)
    if bare is not None and bare.places:
        there_are = _either(f"{bare.name}-{place}-{region}" for place in bare.places for region in bare.regions)
        raise ProfileError(f"no profile named {name_or_path}: say for which place and which region's law, {there_are}")
    for model in sorted(shipped_models().values(), key=lambda model: len(model.name), reverse=True):
        if name_or_path.startswith(f"{model.name}-"):
            place, region = _place_and_region(name_or_path, model)
            return compose_parts(model.name, place, region)
    raise ProfileError(f"no profile named {name_or_path}; {_near(name_or_path)}")


def _place_and_region(name: str, model: Model) -> tuple[str, str]:
    """Return the rest of a profile's ``name`` behind its model. Raises ProfileError where there is no such profile."""
    rest = name.removeprefix(f"{model.name}-")
    place = next((place for place in keys.PLACES if rest == place or rest.startswith(f"{place}-")), "")
    region = rest.removeprefix(place).removeprefix("-")
    if not place or (region and region not in names_of("region")):
        raise ProfileError(f"no profile named {name}; {_near(name)}")
    if place not in model.places:
        there_are = _either(known for known in shipped_profiles() if known.startswith(f"{model.name}-"))
        raise ProfileError(f"no profile named {name}: {model.name} is no good as a {place}; there are {there_are}")
    if not region:
        there_are = _either(f"{model.name}-{place}-{region}" for region in model.regions)
        raise ProfileError(f"no profile named {name}: say which region's law, {there_are}")
    if region not in model.regions:
        compose_parts(model.name, place, region)  # where the region itself is none to transmit by, that is said
        there_are = _either(f"{model.name}-{place}-{region}" for region in model.regions)
        raise ProfileError(f"no profile named {name}: {model.name} is not known to be sold for {region}; {there_are}")
    return place, region


def _either(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _near(name: str) -> str:
    near = get_close_matches(name, shipped_profiles(), n=3, cutoff=0.5)
    listed = "`tagtill reader profiles` lists all, and a file's name ends in .toml"
    return f"did you mean {_either(near)}? {listed}" if near else listed
