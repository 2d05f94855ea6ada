"""Messages are counted, replaced by topic, and closed."""

from app.messages import Level, Message, Messages, of_error
from tinaface.errors import DatasetError


def test_an_equal_message_is_counted_and_not_repeated(qapp):
    messages = Messages()

    for _ in range(3):
        messages.post(Message(Level.INFO, "a.jpg is cut short"))

    (posted,) = messages.posted
    assert posted.count == 3


def test_a_message_of_the_same_topic_replaces_the_earlier_one(qapp):
    messages = Messages()

    messages.post(Message(Level.INFO, "first", topic="image"))
    messages.post(Message(Level.ERROR, "second", topic="image"))

    (posted,) = messages.posted
    assert (posted.message.what, posted.count) == ("second", 1)


def test_an_errors_three_sentences_are_shown_unchanged(qapp):
    message = of_error(DatasetError(what="what", why="why", remedy="remedy"))

    assert (message.what, message.why, message.remedy) == ("what", "why", "remedy")


def test_a_closed_message_is_gone(qapp):
    messages = Messages()
    messages.post(Message(Level.INFO, "first"))

    messages.close(messages.posted[0].message.key)

    assert messages.posted == []
