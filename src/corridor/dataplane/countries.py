"""Country names as cells may hold them: English short names of ISO 3166-1 and forms that EU registers use."""

from __future__ import annotations

from typing import Final

NAMES: Final = frozenset(
    """
    Afghanistan|Åland Islands|Albania|Algeria|American Samoa|Andorra|Angola|Anguilla|Antarctica|Antigua and Barbuda|
    Argentina|Armenia|Aruba|Australia|Austria|Azerbaijan|Bahamas|The Bahamas|Bahrain|Bangladesh|Barbados|Belarus|
    Belgium|Belize|Benin|Bermuda|Bhutan|Bolivia|Bosnia and Herzegovina|Botswana|Bouvet Island|Brazil|
    British Indian Ocean Territory|Brunei|Brunei Darussalam|Bulgaria|Burkina Faso|Burundi|Cabo Verde|Cambodia|Cameroon|
    Canada|Cayman Islands|Central African Republic|Chad|Chile|China|People's Republic of China|Christmas Island|
    Cocos (Keeling) Islands|Colombia|Comoros|Congo|Democratic Republic of the Congo|Cook Islands|Costa Rica|
    Côte d'Ivoire|Croatia|Cuba|Curaçao|Cyprus|Czechia|Czech Republic|Denmark|Djibouti|Dominica|Dominican Republic|
    Ecuador|Egypt|El Salvador|Equatorial Guinea|Eritrea|Estonia|Eswatini|Ethiopia|Falkland Islands|Faroe Islands|Fiji|
    Finland|France|French Guiana|French Polynesia|French Southern Territories|Gabon|Gambia|The Gambia|Georgia|Germany|
    Ghana|Gibraltar|Greece|Greenland|Grenada|Guadeloupe|Guam|Guatemala|Guernsey|Guinea|Guinea-Bissau|Guyana|Haiti|
    Heard Island and McDonald Islands|Holy See|Honduras|Hong Kong|Hungary|Iceland|India|Indonesia|Iran|Iraq|Ireland|
    Isle of Man|Israel|Italy|Jamaica|Japan|Jersey|Jordan|Kazakhstan|Kenya|Kiribati|Kosovo|Kuwait|Kyrgyzstan|Laos|
    Latvia|Lebanon|Lesotho|Liberia|Libya|Liechtenstein|Lithuania|Luxembourg|Macao|Madagascar|Malawi|Malaysia|Maldives|
    Mali|Malta|Marshall Islands|Martinique|Mauritania|Mauritius|Mayotte|Mexico|Micronesia|Moldova|Monaco|Mongolia|
    Montenegro|Montserrat|Morocco|Mozambique|Myanmar|Namibia|Nauru|Nepal|Netherlands|The Netherlands|New Caledonia|
    New Zealand|Nicaragua|Niger|Nigeria|Niue|Norfolk Island|North Korea|North Macedonia|Northern Mariana Islands|
    Norway|Oman|Pakistan|Palau|Palestine|Panama|Papua New Guinea|Paraguay|Peru|Philippines|The Philippines|Pitcairn|
    Poland|Portugal|Puerto Rico|Qatar|Republic of Korea|South Korea|Réunion|Romania|Russia|Russian Federation|Rwanda|
    Saint Barthélemy|Saint Helena, Ascension and Tristan da Cunha|Saint Kitts and Nevis|Saint Lucia|
    Saint Martin (French part)|Saint Pierre and Miquelon|Saint Vincent and the Grenadines|Samoa|San Marino|
    Sao Tome and Principe|Saudi Arabia|Senegal|Serbia|Seychelles|Sierra Leone|Singapore|Sint Maarten (Dutch part)|
    Slovakia|Slovenia|Solomon Islands|Somalia|South Africa|South Georgia and the South Sandwich Islands|South Sudan|
    Spain|Sri Lanka|Sudan|Suriname|Svalbard and Jan Mayen|Sweden|Switzerland|Syria|Taiwan|Tajikistan|Tanzania|
    Thailand|Timor-Leste|Togo|Tokelau|Tonga|Trinidad and Tobago|Tunisia|Türkiye|Turkmenistan|Turks and Caicos Islands|
    Tuvalu|Uganda|Ukraine|United Arab Emirates|United Kingdom|United Kingdom (Northern Ireland)|United States|
    United States of America|United States Minor Outlying Islands|Uruguay|Uzbekistan|Vanuatu|Venezuela|Vietnam|
    Viet Nam|British Virgin Islands|U.S. Virgin Islands|Wallis and Futuna|Western Sahara|Yemen|Zambia|Zimbabwe
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)


def is_country_name(text: str) -> bool:
    """Whether `text` is one of the names, in this very spelling."""
    return text in NAMES
