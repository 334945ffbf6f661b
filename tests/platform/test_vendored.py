import pytest

from broadcaster import vendored


@pytest.mark.parametrize("package", vendored.packages(), ids=lambda package: package.name)
def test_vendored_files_are_the_recorded_ones_with_their_licence(package):
    assert vendored.differences(package) == []
    assert "LICENSE" in package.files


def test_a_changed_missing_or_added_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(vendored, "ROOT", tmp_path)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/added.js").write_text("x")
    (tmp_path / "lib/changed.js").write_text("x")
    recorded = {"changed.js": "0" * 64, "missing.js": "0" * 64}
    package = vendored.Package("lib", "1", "MIT", "lib", ("*.js",), "", recorded)
    assert vendored.differences(package) == [
        "lib/added.js: not in vendor.json",
        "lib/changed.js: changed",
        "lib/missing.js: missing",
    ]
