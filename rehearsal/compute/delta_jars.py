"""Delta's jars: Ivy brings them at the first start; later ones find them where it put them.

On the class path from the start they cost less than as Spark's packages, which Ivy would resolve anew each time, and
which Spark would copy and load apart from its own classes.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

IVY_VARIABLE = "UNDERSTUDY_IVY"
_SHARED_IVY = Path(__file__).parents[2] / ".understudy" / "ivy"
# Delta's build for this very Spark version, and what it needs beyond what Spark has itself.
_DELTA, _UNITY_CATALOG = "4.3.1", "0.5.0"
_ARTIFACTS = {
    "io.delta:delta-spark_4.1_2.13": _DELTA,
    "io.delta:delta-storage": _DELTA,
    "io.delta:delta-kernel-api": _DELTA,
    "io.delta:delta-kernel-defaults": _DELTA,
    "io.delta:delta-kernel-unitycatalog": _DELTA,
    "io.unitycatalog:unitycatalog-client": _UNITY_CATALOG,
    "io.unitycatalog:unitycatalog-hadoop": _UNITY_CATALOG,
}
_IN_SPARK = "org.*:*,com.*:*,commons-*:*,javax.*:*,io.airlift:*"


def settings() -> dict[str, str]:
    """The settings that give a Spark server Delta."""
    ivy = Path(os.environ.get(IVY_VARIABLE) or _SHARED_IVY)
    names = [f"{artifact.replace(':', '_')}-{version}.jar" for artifact, version in _ARTIFACTS.items()]
    jars = [ivy / "jars" / name for name in names]
    # Ivy may have been interrupted: half a file has no directory at its end.
    if all(jar.exists() and zipfile.is_zipfile(jar) for jar in jars):
        return {"spark.driver.extraClassPath": os.pathsep.join(map(str, jars))}
    packages = [f"{artifact}:{version}" for artifact, version in _ARTIFACTS.items()]
    return {
        "spark.jars.ivy": str(ivy),
        "spark.jars.packages": ",".join(packages),
        "spark.jars.excludes": _IN_SPARK,
    }
