"""Where hosting regions lie: ids of the large providers, and jurisdictions written out, as the record writes them.

Sources: the providers' own lists of regions, as of 2026. An id that is not here says nothing; it is never guessed
from its letters, for eu-west-2 is London and eu-central-2 is Zurich.
"""

from __future__ import annotations

import re

from govern.bundle.record_fields import EEA, EU, widened

__all__ = ["jurisdictions_of"]

_BY_COUNTRY = {
    "at": "austriaeast",
    "au": "ap-southeast-2 ap-southeast-4 australia-southeast1 australia-southeast2 australiaeast australiasoutheast",
    "be": "europe-west1 belgiumcentral",
    "br": "sa-east-1 southamerica-east1 brazilsouth",
    "ca": "ca-central-1 ca-west-1 northamerica-northeast1 northamerica-northeast2 canadacentral canadaeast",
    "ch": "eu-central-2 europe-west6 switzerlandnorth switzerlandwest",
    "de": "eu-central-1 europe-west3 europe-west10 germanywestcentral germanynorth",
    "es": "eu-south-2 europe-southwest1 spaincentral",
    "fi": "europe-north1",
    "fr": "eu-west-3 europe-west9 francecentral francesouth",
    "ie": "eu-west-1 northeurope",
    "in": "ap-south-1 ap-south-2 asia-south1 asia-south2 centralindia southindia westindia",
    "it": "eu-south-1 europe-west8 europe-west12 italynorth",
    "jp": "ap-northeast-1 ap-northeast-3 asia-northeast1 asia-northeast2 japaneast japanwest",
    "nl": "europe-west4 westeurope",
    "no": "norwayeast norwaywest",
    "pl": "europe-central2 polandcentral",
    "se": "eu-north-1 europe-north2 swedencentral swedensouth",
    "sg": "ap-southeast-1 asia-southeast1 southeastasia",
    "uk": "eu-west-2 europe-west2 uksouth ukwest",
    "us": "us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 us-central1 us-east1 us-east4 us-east5 "
    "us-south1 us-west1 us-west2 us-west3 us-west4 eastus eastus2 centralus northcentralus southcentralus westus "
    "westus2 westus3 westcentralus",
}
_REGIONS = {region: country for country, regions in _BY_COUNTRY.items() for region in regions.split()}
_WRITTEN_OUT = re.compile(r"(eu|uk|us|[a-z]{2})(?:-[a-z]{2,3}){0,2}")


def jurisdictions_of(location: str) -> tuple[str, ...]:
    """Give the jurisdictions in which a region lies, with the wider ones; none for a region that is not known."""
    text = location.strip().lower()
    country = _REGIONS.get(text)
    if (
        country is None
        and _WRITTEN_OUT.fullmatch(text)
        and text.partition("-")[0] in {"eu", "us", *_BY_COUNTRY, *EU, *EEA}
    ):
        country = text
    return () if country is None else widened((country,))
