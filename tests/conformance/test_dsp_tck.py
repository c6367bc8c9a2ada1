"""The Dataspace Protocol's Technology Compatibility Kit, all of it, against a node of its own."""

from __future__ import annotations

import kit
import pytest

SOME = """\
[2026-11-25T10:00:00] SUCCESSFUL: CN:01-01
[2026-11-25T10:00:01] FAILED: TP_C:01-03
[2026-11-25T10:00:02] Passed tests: 1
[2026-11-25T10:00:02] Failed tests: 1
[2026-11-25T10:00:02] Failures:
"""


def test_the_kit_has_sixty_five_tests_that_run():
    assert len(kit.EXPECTED) == 65
    assert {"MET:01-01", "CAT:01-03", "CN:02-07", "CN_C:03-06", "TP:03-06", "TP_C:02-05"} <= kit.EXPECTED
    assert not {"TP:02-04", "TP_C:02-04"} & kit.EXPECTED


def test_only_all_ids_and_no_failure_are_conformance():
    found = kit.read(SOME, 1.0)
    assert (found.passed, found.failed, found.failures, found.conforms) == (
        {"CN:01-01"},
        {"TP_C:01-03"},
        True,
        False,
    )
    passed = "".join(f"SUCCESSFUL: {name}\n" for name in kit.EXPECTED)
    assert kit.read(passed, 1.0).conforms
    assert not kit.read(passed + "Failures:\n", 1.0).conforms
    assert not kit.read(passed + "SUCCESSFUL: CN:09-09\n", 1.0).conforms
    assert kit.read("Passed tests: 65\n", 1.0).missing == kit.EXPECTED


def test_only_a_registry_that_answers_that_there_is_no_kit_excuses_its_absence():
    artifact = "org.eclipse.dataspacetck.dsp:dsp-tck:jar:1.0.1"
    for why in (
        f"Could not find artifact {artifact} in central",
        f"{artifact} was not found in x during a previous try",
    ):
        fault = kit.fault_of(f"[ERROR] {why}")
        assert (type(fault), str(fault)) == (kit.Unpublished, f"the registry does not hold {artifact}")
    for why in ("[ERROR] Could not transfer artifact org.eclipse.dataspacetck.dsp:dsp-tck: timeout", "[ERROR] no POM"):
        assert type(kit.fault_of(why)) is kit.Unavailable


@pytest.mark.slow
@pytest.mark.parametrize("store", kit.STORES)
def test_a_node_passes_the_kit(tmp_path, store):
    try:
        with kit.database_on(store) as database:
            outcome = kit.run(tmp_path, database)
    except kit.Unpublished as why:
        pytest.skip(f"not to be had here: the DSP TCK, {why}")
    except kit.Unavailable as why:
        pytest.skip(str(why))
    assert outcome.conforms, f"{sorted(outcome.missing)}, {sorted(outcome.failed)}\n{outcome.log[-5000:]}"
