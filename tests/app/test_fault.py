"""A fault of our own ends the screen loudly, and shows none of the values around it."""

from tests.app.shell_story import DEPLOYMENT
from tui.app.app import McpdbApp


async def test_the_trace_names_the_place_and_no_value(monkeypatch):
    app = McpdbApp(DEPLOYMENT, watch=False)

    def fail():
        secret = "hunter2" + "-never-shown"
        raise LookupError(f"of {len(secret)} \x1b]52;c;ZXZpbA==\x07")

    shown = []
    async with app.run_test():
        try:
            fail()
        except LookupError:
            app._fatal_error()
        for renderable in app._exit_renderables:
            shown += [segment.text for segment in renderable.segments]
        app._exit_renderables.clear()
    text = "".join(shown)
    assert "in fail" in text
    assert "LookupError" in text
    assert "hunter2-never-shown" not in text
    assert "\x1b" not in text
    assert "\x07" not in text
