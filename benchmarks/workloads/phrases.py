"""What the generated text is made of: sentences with gaps, and the words that fill them."""

from __future__ import annotations

NOUNS = (
    "the order service", "the nightly export", "your billing account", "the staging cluster", "the retry queue",
    "the customer record", "the search index", "the mobile client", "the payment gateway", "the audit log",
    "the onboarding form", "the shipping label", "the invoice template", "the feature flag", "the cache layer",
    "the access policy", "the import job", "the public endpoint", "the weekly digest", "the support ticket",
    "the backup schedule", "the pricing table", "the webhook handler", "the session store", "the data warehouse",
    "the rate limiter", "the loyalty programme", "the returns portal", "the warehouse scanner", "the tax engine",
    "the contract draft", "the translation file", "the release branch", "the test environment", "the sales forecast",
    "the chat transcript", "the image pipeline", "the calendar sync", "the password reset", "the archive bucket",
    "the migration script", "the dashboard", "the subscription plan", "the delivery route", "the sensor feed",
    "the clinical form", "the course catalogue", "the tenancy record", "the seat map", "the discount rule",
    "the fraud check", "the message broker", "the partner portal", "the reading list", "the recipe card",
    "the energy report", "the insurance claim", "the loan application", "the inventory count", "the crew roster",
)  # fmt: skip

ACTIONS = (
    "drops the last batch", "rejects the second attempt", "returns an empty list", "times out under load",
    "keeps the old value", "sends the notice twice", "skips the validation step", "loses the time zone",
    "rounds to the wrong cent", "ignores the new setting", "waits for a lock", "writes a partial file",
    "fails without a message", "shows stale figures", "asks for a password again", "merges two accounts",
    "counts weekends as working days", "cuts long names", "sorts by the wrong column", "holds the connection open",
    "repeats the first page", "refuses a valid address", "creates a duplicate entry", "removes the attachment",
    "overwrites the draft", "falls back to the default", "reads the header twice", "misses the first event",
    "closes before the answer arrives", "charges the old price", "leaves the flag switched on",
    "reports success too early", "needs a second confirmation", "forgets the selected language",
    "blocks the whole queue", "truncates the description", "reopens a closed case", "swaps the two addresses",
    "starts from the beginning", "returns the wrong currency",
)  # fmt: skip

ADJECTIVES = (
    "recent", "quiet", "regular", "expensive", "harmless", "partial", "visible", "temporary", "manual", "careful",
    "obvious", "rare", "external", "automatic", "slow", "sudden", "minor", "separate", "safe", "wide", "narrow",
    "late", "early", "final", "single", "repeated", "public", "internal", "expected", "missing", "broken", "stable",
    "fresh", "open", "strict", "loose", "daily", "monthly", "regional", "shared",
)  # fmt: skip

PEOPLE = (
    "the finance team", "our customers in Norway", "the on-call engineer", "a new administrator",
    "the warehouse lead", "the account manager", "two of the testers", "the platform group", "the legal department",
    "a partner agency", "the store in Lyon", "the night shift", "most of our subscribers", "the clinic staff",
    "the data protection officer", "a returning visitor", "the regional office", "the design team",
    "students in the evening course", "the auditors", "the first-line agents", "the bakery in Graz",
    "an anonymous caller", "the product owner", "the delivery drivers",
)  # fmt: skip

CAUSES = (
    "because the token had expired", "after the last deployment", "since the clocks changed",
    "when two requests arrive together", "because the field is optional", "as soon as the cache is cold",
    "if the browser blocks cookies", "because the index was rebuilt", "when the file is larger than expected",
    "after the contract was renewed", "because the default changed", "when the network is slow",
    "as the schema allows both forms", "because nobody owns that step", "if the name holds an apostrophe",
    "when the export starts before midnight", "because the worker restarts", "after the supplier changed its codes",
    "when the list has more than one page", "because the certificate was replaced", "if the answer comes too late",
    "since the new office opened", "when the order has no lines", "because the sender retries at once",
    "after the address was corrected", "when the account has two owners", "because the lock is never released",
    "if the amount is negative", "when the reader is offline", "because the mapping is out of date",
)  # fmt: skip

ADVICE = (
    "check the setting first", "compare both timestamps", "turn the flag off for an hour", "ask for the full log",
    "repeat the import with one row", "clear the stored session", "raise the limit in small steps",
    "write the value down before changing it", "run the report again tomorrow", "add a test for the empty case",
    "send the customer a short note", "keep the old column until the end of the month", "measure before and after",
    "restore yesterday's copy beside it", "name the owner in the ticket", "split the change in two",
    "use the idempotency key", "pin the version", "limit the query to one region", "read the release notes",
    "move the check before the write", "close the connection explicitly", "store the amount in cents",
    "log the identifier, never the content", "wait for the queue to drain", "agree on one time zone",
    "replace the list by a table", "show the reason in the message", "back off for a minute", "delete the draft",
)  # fmt: skip

_COUNTS = (
    2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 18, 20, 24, 25, 30, 36, 40, 45, 48, 50, 60, 64, 72, 75, 80, 90, 96, 100, 110,
    120, 128, 140, 150, 180, 200, 240, 250, 256, 300, 320, 360, 400, 450, 480, 500, 600, 640, 720, 750, 800, 900, 960,
    1000, 1200, 1440, 1500,
)  # fmt: skip
NUMBERS = tuple(map(str, _COUNTS))

UNITS = ("minutes", "orders", "rows", "days", "requests a second", "euros", "items", "pages", "retries", "messages",
         "percent of cases", "working days", "megabytes", "users", "entries", "hours")  # fmt: skip

Frame = tuple[str, tuple[tuple[str, ...], ...]]
"""A sentence with ``%s`` where words go, and the lists they come from."""

SENTENCES: tuple[Frame, ...] = (
    ("It looks as if %s %s %s.", (NOUNS, ACTIONS, CAUSES)),
    ("The %s symptom is that %s %s.", (ADJECTIVES, NOUNS, ACTIONS)),
    ("I would %s before anything else.", (ADVICE,)),
    ("According to %s, %s %s about every %s %s.", (PEOPLE, NOUNS, ACTIONS, NUMBERS, UNITS)),
    ("That is %s, but it costs around %s %s.", (ADJECTIVES, NUMBERS, UNITS)),
    ("Please %s and then %s.", (ADVICE, ADVICE)),
    ("In most of these cases %s %s %s.", (NOUNS, ACTIONS, CAUSES)),
    ("There is one %s exception: %s.", (ADJECTIVES, NOUNS)),
    ("If %s still sees it after %s %s, %s.", (PEOPLE, NUMBERS, UNITS, ADVICE)),
    ("Nothing in the log explains why %s %s.", (NOUNS, ACTIONS)),
    ("A %s change to %s would be enough for now.", (ADJECTIVES, NOUNS)),
    ("We saw the same thing last spring, when %s reported that %s %s.", (PEOPLE, NOUNS, ACTIONS)),
    ("The limit of %s %s was chosen %s.", (NUMBERS, UNITS, CAUSES)),
    ("You can %s without touching %s.", (ADVICE, NOUNS)),
    ("Both %s and %s depend on it, so %s.", (NOUNS, NOUNS, ADVICE)),
    ("My suggestion is %s: %s, then look again.", (ADJECTIVES, ADVICE)),
    ("Once that is done, %s should take less than %s %s.", (NOUNS, NUMBERS, UNITS)),
    ("The %s part is that %s cannot tell the difference.", (ADJECTIVES, PEOPLE)),
    ("It happens %s, and only then.", (CAUSES,)),
    ("As a %s measure, %s.", (ADJECTIVES, ADVICE)),
    ("I could not find a %s reason for it in %s.", (ADJECTIVES, NOUNS)),
    ("%s have been told to %s.", (PEOPLE, ADVICE)),
    ("Between %s and %s %s a day are affected.", (NUMBERS, NUMBERS, UNITS)),
    ("The documentation says that %s %s only %s.", (NOUNS, ACTIONS, CAUSES)),
    ("To be sure, %s and keep the result for %s %s.", (ADVICE, NUMBERS, UNITS)),
    ("Neither %s nor %s was changed in that week.", (NOUNS, NOUNS)),
    ("What remains is a %s question about %s.", (ADJECTIVES, NOUNS)),
    ("On a busy day %s handles %s %s, which is %s.", (NOUNS, NUMBERS, UNITS, ADJECTIVES)),
    ("A second look showed that %s %s %s.", (NOUNS, ACTIONS, CAUSES)),
    ("For %s this means waiting another %s %s.", (PEOPLE, NUMBERS, UNITS)),
    ("The safest order is to %s, to %s, and only then to involve %s.", (ADVICE, ADVICE, PEOPLE)),
    ("Its %s counterpart, %s, is not affected.", (ADJECTIVES, NOUNS)),
    ("Could you confirm whether %s %s on your side as well?", (NOUNS, ACTIONS)),
    ("That would also explain the %s rise to %s %s.", (ADJECTIVES, NUMBERS, UNITS)),
    ("It was %s who first noticed that %s %s.", (PEOPLE, NOUNS, ACTIONS)),
    ("Everything else about %s is %s.", (NOUNS, ADJECTIVES)),
    ("Do not %s while %s is still running.", (ADVICE, NOUNS)),
    ("The figures for %s are %s: %s against %s %s.", (NOUNS, ADJECTIVES, NUMBERS, NUMBERS, UNITS)),
    ("I have left %s as it was, %s.", (NOUNS, CAUSES)),
    ("This can be undone within %s %s.", (NUMBERS, UNITS)),
)  # fmt: skip

BULLETS: tuple[Frame, ...] = (
    ("- **%s**: %s, %s.", (NOUNS, ADVICE, CAUSES)),
    ("- %s (%s %s)", (ADVICE, NUMBERS, UNITS)),
    ("- %s: %s, %s", (NOUNS, ADJECTIVES, ADVICE)),
    ("- ask %s to %s", (PEOPLE, ADVICE)),
)

OPENERS: tuple[Frame, ...] = (
    ("We have a problem with %s: it %s.", (NOUNS, ACTIONS)),
    ("Can you help %s with %s?", (PEOPLE, NOUNS)),
    ("Since yesterday %s %s, %s.", (NOUNS, ACTIONS, CAUSES)),
    ("Please summarise what we know about %s for %s.", (NOUNS, PEOPLE)),
    ("Write a reply to %s, who says that %s %s.", (PEOPLE, NOUNS, ACTIONS)),
    ("Which of %s and %s should we look at first?", (NOUNS, NOUNS)),
)
