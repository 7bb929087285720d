"""A page in QtWebEngine, without a screen: its address is the argument, steps come in as JSON, outcomes go out.

Run by the Python of the system, which has PyQt5 (Debian's python3-pyqt5.qtwebengine); it imports nothing of ours.
"""

# mypy: ignore-errors
import json
import os
import sys
import time

os.environ |= {"QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = " ".join(["--disable-gpu", *sys.argv[2:]])

from PyQt5.QtCore import QEventLoop, Qt, QTimer, QUrl  # noqa: E402 - reads the environment above
from PyQt5.QtWebEngineWidgets import QWebEnginePage, QWebEngineProfile, QWebEngineView  # noqa: E402
from PyQt5.QtWidgets import QApplication  # noqa: E402

PATIENCE_SECONDS = 60

application = QApplication(sys.argv[:1])
profile = QWebEngineProfile()
view = QWebEngineView()
page = QWebEnginePage(profile, view)
view.setPage(page)
view.resize(1280, 800)
view.setAttribute(Qt.WA_DontShowOnScreen)
view.show()


def wait(seconds, signal=None):
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    if signal is not None:
        signal.connect(loop.quit)
    loop.exec()


def run(script):
    answer = []
    loop = QEventLoop()
    page.runJavaScript(f"(() => {{ {script} }})()", lambda value: (answer.append(value), loop.quit()))
    QTimer.singleShot(PATIENCE_SECONDS * 1000, loop.quit)
    loop.exec()
    return answer[0] if answer else None


page.load(QUrl(sys.argv[1]))
wait(PATIENCE_SECONDS, page.loadFinished)
outcomes = {}
for name, act, outcome in json.load(sys.stdin):
    run(act)
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := run(outcome)) and time.monotonic() < until:
        wait(0.1)
    outcomes[name] = str(found)
print(json.dumps(outcomes), flush=True)
# Qt's own way of ending complains of a page that is still there.
os._exit(0)
