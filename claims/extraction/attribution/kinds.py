"""Words that tell what a source is: a document, a medium, a body, a person with a title."""

from __future__ import annotations

from claims.extraction.lexicon import words

DOCUMENTS = words(
    "report reports study survey poll data figures document documents statement analysis assessment assessments research census "
    "audit dossier estimates statistics results accounts memo letter filing indictment ruling lawsuit transcript polls surveys "
    "studies audits images imagery footage emails minutes filings findings complaint website review leaflet bulletin records index"
)

MEDIA = words(
    "reuters ap afp tass bbc cnn xinhua bloomberg interfax yonhap kcna ria dpa efe ansa upi npr nbc abc cbs msnbc itv axios "
    "politico ukrinform nhk rt anadolu ntv rbc pti kyodo aljazeera telegram ndtv cnbc newsweek vox wsj nyt presse zeit welt figaro "
    "parisien pais país mundo repubblica corriere stampa kommersant vedomosti izvestia meduza haaretz asahi yomiuri mainichi "
    "nikkei euronews rte tagesspiegel handelsblatt globo folha scmp bellingcat semafor buzzfeed propublica huffpost rtl zdf ard "
    "orf svt yle raidió rfi swissinfo politiken aftonbladet dagbladet gazeta wyborcza hurriyet unian suspilne"
)

MEDIA_HEADS = words(
    "news newspaper agency magazine post times journal guardian herald tribune telegraph broadcaster television tv radio "
    "press gazette daily chronicle globe economist spiegel monde jazeera media channel outlet outlets newspapers"
)

# Without a capital these are media too: local media, state television.
PLAIN_MEDIA = words(
    "newspaper newspapers media television radio broadcaster magazine channel outlet outlets agency tv news"
)

# What a minister or a director is of, between the title and the name: Minister of Education Stefania Giannini.
DOMAINS = words(
    "education security affairs defence defense trade homeland foreign state health interior justice labor labour agriculture commerce "
    "energy transport finance culture environment science migration immigration policy"
)

# Heads that are bodies only in capitals: WHO, EU.
ACRONYMS = words("who us un eu imf nis cia nato")

# Press alone is no agency: these make an organisation one of the media only beside a media word.
BODY_HEADS = words(
    "service ministry agency office bureau department council committee commission organisation organization institute "
    "institution university bank fund union nations government parliament court police army navy force forces pentagon kremlin "
    "house congress senate embassy administration authority board company corporation group association party staff command "
    "chamber coalition alliance network society trust academy college hospital school clinic observatory regulator watchdog "
    "laboratory consortium club charity insurer airline airport firm manufacturer retailer supplier tribunal prosecutor secretariat "
    "ombudsman panel cabinet delegation consulate operator "
    "centre center foundation federation league nato un eu who imf nis cia fbi intelligence state treasury reserve"
)

TITLES = words(
    "president vice prime minister deputy foreign defence defense finance interior health secretary chancellor king queen prince "
    "princess pope general gen colonel col lt lieutenant maj major captain capt sgt sergeant admiral adm marshal commander chief "
    "chairman chairwoman chair director head leader spokesman spokeswoman spokesperson senator sen rep representative "
    "congressman congresswoman governor gov mayor judge justice attorney ambassador envoy correspondent reporter journalist "
    "analyst expert professor prof dr doctor mr mrs ms miss sir lady lord dame rev reverend bishop archbishop cardinal rabbi imam "
    "sheikh coach captain manager economist officer official ceo founder author writer editor activist lawyer lawmaker military "
    "war former ex acting state special senior undersecretary commissioner inspector detective sheriff mp mep premier "
    "researcher scientist historian student teacher actor actress singer player resident witness campaigner co-author coauthor "
    "member team political assistant associate press house opposition veteran"
)

CONNECTORS = words("of the de la von van der bin al el du di da ibn for and del della dos das den ter zu ben abu")

COUNTS = words("one two three four five six seven eight nine ten several many some most")

MONTH_AFTER = words("in on since of last until by from early late mid")

ABBREVIATED = words("mr mrs ms dr gen lt col maj capt sgt prof sen rep gov adm st rev jr sr mt no")

PEOPLE = words(
    "officials official sources source authorities analysts experts scientists researchers doctors witnesses residents critics "
    "police prosecutors investigators lawyers lawmakers diplomats activists campaigners economists rebels opponents supporters "
    "organisers organizers journalists reporters observers spokesman spokeswoman spokesperson people man woman minister president "
    "correspondent leader chief mayor governor coach ministry government company team group agency medics firefighters neighbours "
    "neighbors relatives family friends customer customers passenger driver farmer bakers workers unions farmers advocates "
    "conservationists astronomers diplomat general commander survivor survivors employee employees airlines insurers banks partner "
    "retailers developers ministers mayors governors charities aides aide inmates prisoners soldiers traders engineers parents "
    "mothers teachers nurses students pupils refugees migrants commanders client panel authors educators individuals adviser "
    "advisers nurse"
)

# In front of a name or of another head these only tell what kind of it is meant: a former partner, a senior official.
ADJECTIVAL = words(
    "former ex acting special senior state political military press house team assistant associate opposition"
)

# Behind a person's role these begin more of it: a source close to the talks, two people familiar with the matter.
FAMILIAR = (
    ("familiar", "with"), ("close", "to"), ("briefed", "on"), ("with", "knowledge", "of"), ("with", "direct", "knowledge", "of"),
)  # fmt: skip

# What is published by somebody who reports it, and no book or law.
REPORTED = words(
    "allegation allegations claim claims figure figures data finding findings report reports document documents story details news "
    "photo photos photograph photographs video footage letter letters images recording list results numbers estimate estimates "
    "investigation interview statement talks deal plan plans"
)
