"""Summaries for real: of a text's own sentences within bounds, and by a language model that may fail."""

from __future__ import annotations

import time

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.outside import summaries
from server.outside.summaries import LONGEST, LanguageModel, OwnSentences, extract, make_summaries
from server.settings import load_settings

TEXT = (
    "Tea is a drink prepared by pouring hot water over the leaves of an evergreen shrub native to East Asia.\n"
    "Read more.\n"
    "The weather was rather nice yesterday afternoon. After plain water, tea is the most widely consumed drink in the "
    "world. It became popular as a drink during the Chinese Tang dynasty, and tea drinking spread to other countries. "
    "Someone knocked at the door twice. Portuguese priests introduced tea to Europe during the 16th century."
)


async def test_the_sentences_that_say_most_stand_in_their_order():
    summary = await OwnSentences().make("Tea", TEXT, "en-GB")
    places = [TEXT.index(sentence) for sentence in summary.replace(". ", ".|").split("|")]

    assert 3 == len(places)
    assert places == sorted(places)
    assert "most widely consumed drink" in summary
    assert "weather" not in summary
    assert "Read more" not in summary


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("", ""),
        ("\n \t\n", ""),
        (". . . !", ""),
        ("Short.", "Short."),
        ("Only one sentence that has words enough.", "Only one sentence that has words enough."),
        ("吾輩は猫である。名前はまだ無い。", "吾輩は猫である。 名前はまだ無い。"),
    ],
)
def test_little_text_is_its_own_summary(text, summary):
    assert summary == extract(text, None)


def test_what_a_page_says_twice_is_said_once():
    said = "Tea is a drink that is made of leaves and hot water."

    assert said == extract(f"{said}\n{said}\n" * 5, "en")


@pytest.mark.parametrize("language", [None, "", "de-AT", "ja", "xx", "not a language", "\0"])
def test_any_language_tag_will_do(language):
    assert extract(TEXT, language)


@pytest.mark.parametrize(
    "text",
    ["a " * 500_000, "x" * 1_000_000, "a b c d e f. " * 100_000, ". " * 500_000, "\n".join(map(str, range(200_000)))],
    ids=["one sentence", "one word", "the same sentence", "no words", "lines"],
)
def test_a_long_text_takes_no_time_and_no_room(text):
    started = time.perf_counter()
    summary = extract(text, "en")

    assert len(summary) <= LONGEST
    assert time.perf_counter() - started < 5  # half a second, on a machine that does nothing else


class Model:
    """An endpoint; ``answer`` is what it says."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def handle(self, request):
        self.asked.append((request.headers.get("Authorization"), await request.json()))
        return self.answer()


def said(content):
    return lambda: web.json_response({"choices": [{"message": {"role": "assistant", "content": content}}]})


async def ask(model, **options):
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model.handle)
    async with TestServer(app) as server:
        url = str(server.make_url("/v1/chat/completions"))
        return await LanguageModel(url, "small", "key", **options).make("Tea", TEXT, "en")


async def test_a_language_model_is_shown_title_and_text():
    model = Model(said("  Tea is a drink.\n"))

    assert "Tea is a drink." == await ask(model)
    ((key, asked),) = model.asked
    assert ("Bearer key", "small", False) == (key, asked["model"], asked["stream"])
    assert [("system", summaries.PROMPT), ("user", f"Tea\n\n{TEXT}")] == [
        (message["role"], message["content"]) for message in asked["messages"]
    ]


async def test_an_answer_is_cut_and_mended():
    summary = await ask(Model(said("\0" + "x" * 10_000)))

    assert LONGEST == len(summary)
    assert "\0" not in summary


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.json_response({}, status=500),
        lambda: web.Response(text="no json"),
        lambda: web.json_response([1]),
        lambda: web.json_response({"choices": []}),
        lambda: web.json_response({"choices": [{"message": {}}]}),
        lambda: web.json_response({"choices": [{"message": {"content": [1]}}]}),
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        lambda: web.Response(body=b" " * (summaries.MOST_BYTES + 1)),
        said(""),
    ],
)
async def test_a_model_that_fails_is_stood_in_for(answer):
    assert extract(TEXT, "en") == await ask(Model(answer))


async def test_a_model_that_is_not_there_is_stood_in_for():
    assert extract(TEXT, "en") == await LanguageModel("http://127.0.0.1:1/", None, None, seconds=5).make("", TEXT, "en")


def test_the_settings_choose():
    assert make_summaries(load_settings(None, summaries=False)) is None
    assert isinstance(make_summaries(load_settings(None)), OwnSentences)
    assert isinstance(make_summaries(load_settings(None, summary_url="http://localhost:11434/v1/x")), LanguageModel)
