"""Words for money, measures and time behind a number."""

from __future__ import annotations

from claims.extraction.lexicon import words

CURRENCIES = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₽": "RUB",
    "₴": "UAH",
    "₩": "KRW",
    "₹": "INR",
    "₪": "ILS",
    "₺": "TRY",
}

DOLLARS = {
    "us": "USD",
    "u": "USD",
    "c": "CAD",
    "ca": "CAD",
    "a": "AUD",
    "au": "AUD",
    "nz": "NZD",
    "hk": "HKD",
    "s": "SGD",
}

CODES = words("usd eur gbp jpy chf cny rub uah krw inr cad aud sek nok dkk pln czk try brl zar")

CURRENCY_WORDS = {
    "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pounds": "GBP", "sterling": "GBP", "yen": "JPY",
    "yuan": "CNY", "renminbi": "CNY", "rouble": "RUB", "roubles": "RUB", "ruble": "RUB", "rubles": "RUB", "won": "KRW",
    "rupee": "INR", "rupees": "INR", "hryvnia": "UAH", "hryvnias": "UAH", "francs": "CHF", "lira": "TRY", "zloty": "PLN",
    "shekels": "ILS", "cents": "cents", "cent": "cents", "pesos": "pesos", "krona": "SEK", "kroner": "kroner",
}  # fmt: skip

MEASURES = words(
    "second seconds minute minutes hour hours day days week weeks month months year years decade decades century centuries "
    "km kilometre kilometres kilometer kilometers metre metres meter meters m cm mm mile miles foot feet inch inches yards "
    "kg kilogram kilograms kilo kilos gram grams tonne tonnes ton tons pound lb lbs litre litres liter liters barrel barrels "
    "gallon gallons acre acres hectare hectares degree degrees celsius fahrenheit watt watts kw mw gw megawatt megawatts "
    "gigawatt gigawatts mph kph knots ounces ounce gb tb mb"
)

DISTANCES = words("km kilometre kilometres kilometer kilometers metre metres meter meters m mile miles foot feet yards")

DURATIONS = words(
    "second seconds minute minutes hour hours day days week weeks month months year years decade decades century centuries"
)
