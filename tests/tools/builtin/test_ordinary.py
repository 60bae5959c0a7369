"""Ordinary prompts and answers hold nothing to find: no demand is read into them, and no check claims a fault."""

from collections.abc import Callable

import pytest

from rubrica.tools.builtin.constraints import extract
from rubrica.types import Evidence

Ask = Callable[..., list[Evidence]]


def unwrapped(text: str) -> list[str]:
    """Return the paragraphs of a text, each on one line."""
    return [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]


PROMPTS = unwrapped("""
Can you help me understand why my sourdough starter isn't rising? I feed it every 12 hours with 50 grams of flour
and 50 grams of water, and my kitchen is about 19 degrees. It was fine for the first three days.

I have been working at the same company for seven years, and in the last two paragraphs of my yearly review my
manager wrote that I should be more visible. What does she mean by that?

What's the difference between a sentence fragment and a run-on sentence? My English teacher marked five sentences in
my essay and I only understand two of them.

Our team has 6 members and we ship about four features a month. Lately each feature takes longer than planned. How
could we find out where the time goes?

Tell me about the history of the comma. I heard that monks used no punctuation at all.

My grandmother's letter says: "Never start with the eggs, always end with the butter." What cake could she mean?

Please review my poem. It has four stanzas and each line has eight syllables. Is the third stanza too dark?

In the book club we read 3 chapters per week. At least two people never finish. Should I say something?

I'm writing a parser for a config format. Lines must start with a key, and keys can contain at most 32 characters.
What is a good way to report errors?

Why do so many brands write their names in lowercase letters? And why are warnings in all caps?

How many words does the average adult know? I read somewhere that it's between 20,000 and 35,000 words.

What would be a good strategy for learning Spanish in about six months if I can only spend 20 minutes a day?

My landlord wants to raise the rent by 12% from March and says that I have two weeks to answer. Is that allowed?

Could you explain to me how JSON differs from YAML? I keep forgetting which one allows comments.

I got an email: "Reply with YES in capital letters within 24 hours or your account will be closed." Is it a scam?

What is the best way to answer when someone asks you a question you do not want to answer? Yes or no questions are
the worst.

People say that a wedding speech should be short and that I should end with a toast. What do you think?

What does the phrase 'bite the bullet' mean, and where does it come from?

Is it true that the letter e is the most common letter in English? Which words do not contain it?

My teacher said that an essay must have at least 500 words. Is that long for a ninth grader?

Was meinst du, lohnt es sich, im Winter nach Lissabon zu fahren? Wir haben nur vier Tage.

J'ai lu un roman de 300 pages en deux jours, est-ce que c'est rapide ? Mon ami lit cent mots par minute.

Mi hijo escribe muy lento: menos de 20 palabras por minuto. ¿Debo preocuparme?

我的孩子今年八岁，每天写一篇一百字的日记，老师说太短了。你怎么看？
""")
ANSWER = "\n\n".join(
    unwrapped("""
That is a fair question, and the short version is that it depends on a few things that are easy to check.

Start with what you can see. If the early days went well, the method is not wrong in itself. Small differences add
up over a week or two, and they are hard to notice from one day to the next. Keep a simple record for five days:
when you did it, how long it took, and what was different. People are often surprised by what such a list shows.

Then talk to somebody who has done it before. In 1998 a study of 240 households found that those who asked early
spent about a third less time on the problem. One of them, a teacher called Ruth Amsel, said: "I only wish I had
asked in the first week." Her point was not that the advice was clever; it was that she stopped guessing.

There are two mistakes to avoid. The first is to change everything at once, since you then learn nothing about which
change helped. The second is to wait for certainty. You will rarely have it, and most decisions can be taken back.

If none of this helps after a couple of weeks, look at the larger picture. Come back to it in spring, with the
record in hand, and you will start from a better place than before.
""")
)
(CHAT,) = unwrapped("""
Oh, I see what you mean! Honestly, I'd just tell her. It doesn't have to be a big speech: something like "I really
like you, but I'm swamped this month" is plenty. She'll understand, and if she doesn't, that tells you something
too.
""")
CHECKS = (
    "arithmetic", "constraints", "echo", "filler", "grounding", "guard", "markdown", "number-contradiction", "quotes",
    "repetition", "solve", "structure", "truncation", "word-problem",
)  # fmt: skip


@pytest.mark.parametrize("prompt", PROMPTS)
def test_no_demand_is_read_into_an_ordinary_prompt(prompt: str) -> None:
    assert [one.describe() for one in extract(prompt)] == []


@pytest.mark.parametrize("check", CHECKS)
def test_no_fault_is_found_in_an_ordinary_answer(ask: Ask, check: str) -> None:
    for prompt in PROMPTS:
        for found in ask(check, prompt, ANSWER, CHAT):
            assert found.value is None or found.value >= 0.9, (prompt, found.claim, found.detail)
