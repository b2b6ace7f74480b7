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
    "kronor": "SEK", "crowns": "crowns", "crown": "crowns", "rand": "ZAR", "reais": "BRL", "rials": "rials", "riyals": "SAR",
    "dirhams": "dirhams", "dinars": "dinars", "naira": "NGN", "shillings": "shillings", "baht": "THB", "pence": "pence",
    "bitcoin": "BTC", "bitcoins": "BTC",
}  # fmt: skip

MEASURES = words(
    "second seconds minute minutes hour hours day days week weeks month months year years decade decades century centuries "
    "km kilometre kilometres kilometer kilometers metre metres meter meters m cm mm mile miles foot feet inch inches yards "
    "kg kilogram kilograms kilo kilos gram grams tonne tonnes ton tons pound lb lbs litre litres liter liters barrel barrels "
    "gallon gallons acre acres hectare hectares degree degrees celsius fahrenheit watt watts kw mw gw megawatt megawatts "
    "gigawatt gigawatts mph kph knots ounces ounce gb tb mb horsepower hp kwh mwh gwh twh kilowatts kilowatt mg ml ft lbs "
    "calories decibels volts gigabytes terabytes megabytes yard quintals bushels cubits hectolitres kilocalories"
)

DISTANCES = words("km kilometre kilometres kilometer kilometers metre metres meter meters m mile miles foot feet yards")

DURATIONS = words(
    "second seconds minute minutes hour hours day days week weeks month months year years decade decades century centuries"
)

# "One" counts before these people, if one of those words says what became of them.
PEOPLE = words(
    "person man woman child boy girl soldier officer civilian policeman policewoman worker student pupil patient prisoner hostage "
    "passenger driver pilot sailor marine fighter protester demonstrator resident journalist nurse doctor teacher firefighter "
    "migrant refugee employee miner farmer suspect baby teenager climber tourist"
)
HARMED = words("was died is has had drowned remains survived suffered")
