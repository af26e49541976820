"""Nothing that a plan sends is above what the law and the profile allow, whatever the figures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.errors import ProfileError
from reader.profile import Profile, load_profile
from reader.serial.m100_plan import m100_plan, query_fields
from reader.serial.r2000_plan import r2000_plan

M100 = load_profile("m100-pad-eu")
R2000 = replace(load_profile("r2000-pad-eu"), antennas=(1, 2))
POWERS = st.integers(0, 4000).map(lambda centi: centi / 100)
TABLES = st.dictionaries(st.integers(0, 255), POWERS, min_size=1, max_size=12)


def with_table(profile: Profile, table: dict[int, float], wish_dbm: float, gain_dbi: float) -> Profile:
    model = replace(profile.model, power_table=table)
    return replace(profile, model=model, tx_power_dbm=wish_dbm, antenna_gain_dbi=gain_dbi)


@given(TABLES, POWERS, st.floats(-5, 20))
def test_the_greatest_power_of_the_table_that_is_allowed_is_sent(
    table: dict[int, float], wish_dbm: float, gain_dbi: float
) -> None:
    limit_dbm = with_table(M100, table, wish_dbm, gain_dbi).on(1).power_limit_dbm
    allowed = [power for power in table.values() if power <= limit_dbm + 1e-9]
    for profile, plan_of in ((M100, m100_plan), (R2000, r2000_plan)):
        wanted = with_table(profile, table, wish_dbm, gain_dbi)
        if not allowed:
            with pytest.raises(ProfileError, match="allowed here"):
                plan_of(wanted)
        elif plan_of is m100_plan:
            plan = m100_plan(wanted)
            assert table[plan.power_sent] == plan.power_dbm == max(allowed)
        else:
            assert set(r2000_plan(wanted).powers_dbm.values()) == {max(allowed)}


@given(st.floats(0.01, 40), st.floats(-5, 20))
def test_without_a_table_what_is_sent_is_the_power_itself_never_rounded_up(wish_dbm: float, gain_dbi: float) -> None:
    m100 = m100_plan(with_table(M100, {}, wish_dbm, gain_dbi))
    limit_dbm = with_table(M100, {}, wish_dbm, gain_dbi).on(1).power_limit_dbm
    assert limit_dbm - 0.01 <= m100.power_dbm <= limit_dbm + 1e-6
    assert m100.power_sent == round(m100.power_dbm * 100)

    r2000 = r2000_plan(with_table(R2000, {}, wish_dbm, gain_dbi))
    assert all(power <= limit_dbm + 1e-6 for power in r2000.powers_dbm.values())
    assert all(power > min(limit_dbm, 33.0) - 1.0 - 1e-6 for power in r2000.powers_dbm.values())


@pytest.mark.parametrize("profile", [M100, R2000])
def test_no_power_at_all_is_refused(profile: Profile) -> None:
    plan_of = m100_plan if profile is M100 else r2000_plan

    with pytest.raises(ProfileError, match="allowed here"):
        plan_of(with_table(profile, {}, -3.0, 0.0))


@pytest.mark.parametrize(("population", "q"), [(1, 0), (2, 1), (8, 3), (32, 5), (33, 6), (65535, 15)])
def test_the_first_round_has_a_slot_for_every_tag(population: int, q: int) -> None:
    assert query_fields(m100_plan(replace(M100, population=population)))["q"] == q


def test_a_law_that_names_no_channels_leaves_what_lies_within_its_band() -> None:
    anywhere = replace(R2000, region=replace(R2000.region, channels_mhz=()))
    (carriers,) = r2000_plan(anywhere).carriers

    assert carriers.fields == {"region": 2, "start_index": 1, "end_index": 5}
    assert m100_plan(replace(M100, region=anywhere.region)).channels == ()


def test_carriers_of_a_table_of_ours_are_counted_from_0() -> None:
    carriers = r2000_plan(R2000).carriers[0]

    assert [carriers.mhz(index) for index in range(5)] == [865.7, 866.3, 866.9, 867.5, None]
