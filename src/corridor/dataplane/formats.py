"""The formats that this data plane can serve and take: what distributions, requests and transfers name."""

from __future__ import annotations

from typing import Final

from corridor.service.formats import Format, Formats

_HTTP: Final = "https://w3id.org/idsa/v4.1/HTTP"
PULL: Final = Format("HttpData-PULL", push=False, endpoint_type=_HTTP)
"""The consumer gets the bytes from the provider's data plane (`server`, `fetch`)."""
PUSH: Final = Format("HttpData-PUSH", push=True, endpoint_type=_HTTP)
"""The provider's data plane puts them to where the consumer says (`push`, `ingest`)."""
FORMATS: Final = Formats(served=(PULL, PUSH), taken=(PULL, PUSH))
"""In order of preference: what is pulled needs no address that both sides can reach."""
