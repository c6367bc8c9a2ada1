from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from corridor.base.errors import MalformedError
from corridor.dsp.codec import all_codecs
from corridor.dsp.messages import CatalogRequest
from corridor.service.context import Patience


def test_patience_lasts_about_a_quarter_of_an_hour():
    patience = Patience()
    waits = [min(patience.first * 2**attempt, patience.longest) for attempt in range(patience.give_up - 1)]
    assert timedelta(minutes=5) < sum(waits, timedelta(0)) < timedelta(minutes=30)
    assert waits == sorted(waits)


def test_a_partners_message_is_acted_on_at_once_unless_the_settings_say_otherwise():
    assert Patience().reaction == timedelta(0)


def test_each_node_has_its_own_revocations_and_memory(exporter, importer):
    assert exporter.context.revocations is not importer.context.revocations
    assert exporter.context.memo is not importer.context.memo
    assert replace(exporter.context, page=5).revocations is exporter.context.revocations


def test_a_page_of_the_catalogue_has_a_hundred_datasets(exporter):
    assert exporter.context.page == 100


def test_a_node_reads_tolerantly_unless_its_settings_say_otherwise(exporter):
    bare = {"@context": "https://w3id.org/dspace/2025/1/context.jsonld", "@type": "CatalogRequestMessage", "@id": "m"}
    assert exporter.context.codecs.get("2025-1").decode(CatalogRequest, bare) == CatalogRequest("m")
    with pytest.raises(MalformedError, match="list of strings"):
        all_codecs(strict=True).get("2025-1").decode(CatalogRequest, bare)


def test_a_participant_calls_back_at_the_endpoint_of_the_version_that_it_speaks(exporter):
    both = replace(exporter.context, dsp_urls={"2025-1": exporter.context.dsp_url, "test-1": "https://e.example/t"})
    spoken = both.speaking("test-1")
    assert (spoken.protocol, spoken.dsp_url) == ("test-1", "https://e.example/t")
    assert spoken.revocations is both.revocations
    assert spoken.speaking("2025-1") == both


def test_a_participant_with_one_endpoint_has_it_for_every_version(exporter):
    assert exporter.context.speaking("test-1").dsp_url == exporter.context.dsp_url
