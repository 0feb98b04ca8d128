"""LibreOffice without a screen: opens a workbook, types into cells as a person would, and saves it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TYPING = r"""
import json, subprocess, sys, time
import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

soffice, profile, source, target, cells = sys.argv[1:6]
pipe = "notifier" + str(abs(hash(profile)))
office = subprocess.Popen([soffice, "--headless", "--norestore", "--nologo", "-env:UserInstallation=" + profile,
                           "--accept=pipe,name=" + pipe + ";urp;"])
try:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(240):
        try:
            context = resolver.resolve("uno:pipe,name=" + pipe + ";urp;StarOffice.ComponentContext")
            break
        except NoConnectException:
            time.sleep(0.25)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    def said(name, value):
        return PropertyValue(name, 0, value, 0)
    book = desktop.loadComponentFromURL(uno.systemPathToFileUrl(source), "_blank", 0, (said("Hidden", True),))
    sheet = book.Sheets.getByIndex(0)
    for row, column, text in json.loads(cells):
        sheet.getCellByPosition(column, row).FormulaLocal = text
    book.storeToURL(uno.systemPathToFileUrl(target), (said("FilterName", "Calc MS Excel 2007 XML"),))
    book.close(True)
    try:
        desktop.terminate()
    except Exception:
        pass
    office.wait(30)
finally:
    office.kill()
"""


@cache
def office() -> tuple[str, str] | None:
    """The program, and a Python that can talk to it; None where this machine has neither."""
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        return None
    beside = str(Path(soffice).resolve().parent / "python")
    for python in (beside, "/usr/bin/python3", "python3", sys.executable):
        try:
            found = subprocess.run([python, "-c", "import uno"], capture_output=True, check=False, timeout=60)
        except OSError:
            continue
        if found.returncode == 0:
            return soffice, python
    return None


def type_into(source: Path, target: Path, cells: Mapping[tuple[int, int], str], folder: Path) -> Path:
    """Type texts into cells (row, column; both from 0) of the first sheet of `source`, and save it as `target`."""
    found = office()
    assert found is not None
    soffice, python = found
    typed = json.dumps([[row, column, text] for (row, column), text in cells.items()])
    profile = (folder / "profile").absolute().as_uri()
    done = subprocess.run(
        [python, "-c", TYPING, soffice, profile, str(source), str(target), typed],
        capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert target.exists(), done.stdout + done.stderr
    return target
