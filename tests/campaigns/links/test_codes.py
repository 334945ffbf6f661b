"""The code of a short link proves itself; nothing else does."""

from base64 import urlsafe_b64encode

import pytest

from campaigns.links.codes import CODE_LENGTH, any_short_link, code_of, read_code, short_link


def test_a_code_names_person_and_place_in_twenty_characters():
    for recipient, place in ((1, 0), (2**40, 255), (2**48 - 1, 7)):
        code = code_of(recipient, place)
        assert len(code) == CODE_LENGTH == 20
        assert read_code(code) == (recipient, place)
        assert code_of(recipient, place) == code
    assert len(short_link(1, 0)) == len(any_short_link())


def test_every_changed_character_makes_it_worthless():
    code = code_of(4711, 2)
    for position, letter in enumerate(code):
        other = "A" if letter != "A" else "B"
        assert read_code(code[:position] + other + code[position + 1 :]) is None
    for wrong in ("", code[:-1], code + "A", f"x{code}", urlsafe_b64encode(bytes(15)).decode()):
        assert read_code(wrong) is None


@pytest.mark.parametrize("after", ["。", "快來看", "）", ",", "?utm=1", "!"])
def test_what_a_phone_took_for_part_of_the_address_does_no_harm(after):
    assert read_code(code_of(4711, 2) + after) == (4711, 2)


def test_a_new_key_makes_new_codes_and_the_former_go_on_working(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "former", []
    former = code_of(4711, 2)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["former"]
    assert code_of(4711, 2) != former
    assert read_code(former) == read_code(code_of(4711, 2)) == (4711, 2)
    settings.SECRET_KEY_FALLBACKS = []
    assert read_code(former) is None
