"""As many different claims as are wanted, made of templates: what the one that is looked for has to be told from."""

from __future__ import annotations

import random

PLACES = """Albania Algeria Angola Argentina Armenia Australia Austria Bangladesh Belgium Bolivia Bosnia Botswana Brazil Bulgaria Cambodia Cameroon Canada Chad
Chile China Colombia Croatia Cuba Cyprus Denmark Ecuador Egypt Estonia Ethiopia Finland France Georgia Germany Ghana Greece Guatemala Haiti Honduras Hungary
Iceland India Indonesia Iran Iraq Ireland Israel Italy Jamaica Japan Jordan Kazakhstan Kenya Kosovo Kuwait Laos Latvia Lebanon Libya Lithuania Madagascar
Malawi Malaysia Mali Malta Mexico Moldova Mongolia Morocco Mozambique Myanmar Namibia Nepal Nigeria Norway Oman Pakistan Panama Paraguay Peru Poland Portugal
Qatar Romania Russia Rwanda Senegal Serbia Slovakia Slovenia Somalia Spain Sudan Sweden Switzerland Syria Taiwan Tanzania Thailand Tunisia Turkey Uganda Ukraine
Uruguay Uzbekistan Venezuela Vietnam Yemen Zambia Zimbabwe London Paris Berlin Madrid Rome Vienna Warsaw Prague Budapest Lisbon Dublin Oslo Stockholm Helsinki
Kyiv Odesa Lviv Bucharest Sofia Athens Istanbul Ankara Cairo Lagos Nairobi Mumbai Delhi Dhaka Jakarta Manila Tokyo Seoul Beijing Shanghai Sydney Toronto Chicago
Boston Texas Florida Ohio Bavaria Saxony Catalonia Scotland Wales Leeds Manchester Hamburg Cologne Munich Lyon Marseille Naples Milan Genoa Venice Ghent""".split()
PEOPLE = """teachers nurses farmers soldiers miners students pensioners tenants doctors drivers pilots refugees children women men workers migrants voters prisoners
patients fishermen journalists judges police-officers firefighters apprentices carers shopkeepers cyclists pedestrians households families teenagers""".split()
GOODS = """wheat rice bread milk olive-oil coffee sugar gas petrol diesel electricity coal copper steel timber cement insulin paper beef fish honey cocoa cotton
fertiliser water rent housing butter eggs maize wine tobacco lithium uranium""".split()
BUILDINGS = """hospital school bridge stadium airport library museum prison dam factory tunnel harbour power-station theatre cathedral railway-station court
university nursery reactor refinery motorway data-centre""".split()
BODIES = [f"the {body}" for body in """finance-ministry central-bank supreme-court parliament city-council police army navy tax-office health-ministry opposition
government electoral-commission broadcaster railway football-association teachers'-union bishops'-conference audit-office data-authority""".split()]  # fmt: skip
ROLES = """mayor minister governor senator judge general bishop ambassador director chancellor president prime-minister prosecutor coach rector trader""".split()
NAMES = """Adler Banerjee Castillo Dragan Eriksen Farouk Greco Haddad Ivanova Jansen Kovacs Lindqvist Moreau Novak Okafor Petrenko Quiroga Rahman Silva Tanaka Usman
Vargas Weber Xu Yilmaz Zielinski Marsh Keane Duarte Oyelaran Szabo Bakker""".split()
ANIMALS = "wolves bears storks bees salmon elephants whales rhinos seals bats eagles lynxes toads albatrosses sharks beavers".split()
CRIMES = "burglaries murders frauds arsons robberies assaults thefts kidnappings".split()
ILLS = "measles malaria tuberculosis diabetes asthma influenza cholera dementia migraine obesity".split()
TEAMS = "Rovers Dynamo United Olympia Wanderers Spartak Athletic Racing".split()
UP = ["rose", "went up", "increased", "grew", "climbed"]
DOWN = ["fell", "dropped", "declined", "went down", "shrank"]
CHANGES = ["doubled", "tripled", "halved", "quadrupled", "reached a record", "hardly changed"]
MONTHS = "January February March April May June July August September October November December".split()

TEMPLATES = """
The price of {good} in {place} {up} by {n} per cent in {month}.
{place} exported {n} per cent less {good} in {year} than the year before.
The number of {people} in {place} has {change} since {year}.
{N} {people} in {place} lost their jobs in {month} {year}.
{Role} {name} of {place} promised that the {building} would be finished by {year}.
The new {building} in {place} will cost {m} million euros, {body} says.
{Body} of {place} spent {m} million on advisers in {year}.
One in {few} {people} in {place} has no health insurance.
{n} per cent of the {people} in {place} earn less than the minimum wage.
The fire at the {building} in {place} killed {n} people.
{name} received {m} million dollars from a company in {place}.
{place} has fewer {animals} than in {year}.
The population of {animals} in {place} has {change} within {few} years.
{crimes} in {place} {down} by {n} per cent in {year}.
Cases of {ill} in {place} {up} from {n} to {N}.
{n} per cent of children in {place} are vaccinated against {ill}.
{Body} of {place} has not published its accounts since {year}.
{Role} {name} was convicted of fraud in {place} in {year}.
{Role} {name} voted against the law on {good} {few} times.
The {building} of {place} has been closed since {month} {year}.
In {place} more {good} is thrown away than eaten.
{place} imports {n} per cent of its {good} from {place2}.
{place} and {place2} signed a treaty on {good} in {month} {year}.
{N} people fled from {place} to {place2} in {year}.
Trains between {place} and {place2} are {n} minutes late on average.
A flight from {place} to {place2} emits {n} kilos of carbon dioxide.
The {team} of {place} have not won a match since {month}.
{name} scored {few} goals for the {team} against {place}.
{Body} fined the {team} {m} million for paying agents.
The {people} of {place} will strike for {few} days from {month}.
{place} has the highest share of {people} in the world.
Wages of {people} in {place} {down} by {n} per cent after inflation.
Taxes on {good} bring {place} {m} million a year.
{Role} {name} owns shares of the firm that built the {building}.
The {building} in {place} was built without a permit.
{place} generated {n} per cent of its electricity from wind in {year}.
A study in {place} found {ill} in {n} of {N} {people}.
{place} has spent {few} times as much on its army as on its schools.
The river at {place} rose by {few} metres in {month}.
An earthquake near {place} damaged {N} houses in {year}.
{Body} of {place} lost the records of {N} {people}.
Since {year} {place} has built {n} kilometres of railway.
{place} ranks {n}th in the index of press freedom.
{name} never studied at the university of {place}.
{Role} {name} has missed {n} per cent of all votes.
The {building} of {place} uses as much {good} as a town of {N} people.
Half of the {good} sold in {place} is contaminated.
{place} will ban the sale of {good} from {year}.
{Body} of {place} withdrew its guidelines on {ill} in {month}.
Every {people1} in {place} costs the state {N} euros a year.
{n} {people} were injured when the {building} in {place} collapsed.
{place} has deported {N} {people} to {place2} since {month}.
The debt of {place} {up} to {n} per cent of its output.
In {year} {place} had only {n} {people} for every {N} inhabitants.
{name} said that {place} had {change} its use of {good}.
""".strip().splitlines()


def sentences(count: int, seed: int = 7) -> list[str]:
    """`count` claims, all different, always the same for a seed."""
    draw = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found[_sentence(draw)] = None
    return list(found)


class Drawn(dict[str, str]):
    """Draws what a template asks for, when it asks, and keeps it."""

    def __init__(self, draw: random.Random) -> None:
        super().__init__()
        self.draw = draw

    def __missing__(self, name: str) -> str:
        lower = name.lower()
        if name == "N":
            made = f"{self.draw.randint(1, 900) * 100:,}"
        elif name in NUMBERS:
            made = str(self.draw.randint(*NUMBERS[name]))
        elif name == "people1":
            made = self["people"].removesuffix("s")
        else:
            made = self.draw.choice(OPTIONS[lower.removesuffix("2")]).replace("-", " ")
        self[name] = made[0].upper() + made[1:] if name != lower else made
        return self[name]


NUMBERS = {"year": (1990, 2026), "n": (2, 99), "m": (1, 900), "few": (3, 12)}
OPTIONS = {
    "place": PLACES, "people": PEOPLE, "good": GOODS, "building": BUILDINGS, "body": BODIES, "role": ROLES, "name": NAMES, "animals": ANIMALS,
    "crimes": CRIMES, "ill": ILLS, "team": TEAMS, "up": UP, "down": DOWN, "change": CHANGES, "month": MONTHS,
}  # fmt: skip


def _sentence(draw: random.Random) -> str:
    said = draw.choice(TEMPLATES).format_map(Drawn(draw))
    return said[0].upper() + said[1:]
