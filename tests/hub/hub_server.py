"""A Hugging Face Hub on the loopback: repositories in memory, spoken to by the real huggingface_hub client.

It speaks what a model's life takes: create, preupload, the LFS batch protocol, commits, tags, listings, and files by
revision with ranges. A :class:`Fault` makes it fail as the real one does.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

OWNER, READER = "hf_owner", "hf_reader"  # tokens: who may write, who may only read
LARGE = 20_000  # bytes: larger files, and all safetensors, go by LFS


@dataclass
class Commit:
    """A state of a repository."""

    id: str
    message: str
    files: dict[str, bytes]


@dataclass
class Repository:
    """A model: its commits, oldest first, and names of some."""

    private: bool = False
    gated: bool = False
    commits: list[Commit] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def at(self, revision: str) -> Commit | None:
        """The commit of a branch, tag or id."""
        wanted = self.commits[-1].id if revision == "main" else self.tags.get(revision, revision)
        return next((commit for commit in self.commits if commit.id == wanted), None)

    def add(self, message: str, files: dict[str, bytes]) -> Commit:
        """A further state."""
        told = json.dumps([message, len(self.commits), sorted(files)]).encode() + b"".join(files.values())
        self.commits.append(Commit(hashlib.sha1(told).hexdigest(), message, files))
        return self.commits[-1]


@dataclass
class Fault:
    """What goes wrong, how many times, for requests whose ``METHOD path`` matches."""

    pattern: str
    status: int = 0  # 0: the connection is cut after half of what is to be sent, or without an answer
    times: int = 1_000_000


class Hub:
    """The state of the server, and its address."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.large: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.before_commit: Callable[[], object] = lambda: None
        self.address = ""
        self.lock = threading.RLock()

    def fault_for(self, request: str) -> Fault | None:
        """The fault that a request meets."""
        with self.lock:
            for fault in self.faults:
                if fault.times and re.search(fault.pattern, request):
                    fault.times -= 1
                    return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None: ...

    def _handle(self) -> None:
        path = unquote(urlsplit(self.path).path)
        request = f"{self.command} {path}"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or self._chunks()
        self.hub.requests.append(request)
        fault = self.hub.fault_for(request)
        if fault and fault.status:
            self._answer(fault.status, {"error": f"made to fail with {fault.status}"})
            return
        if fault and self.command in ("POST", "PUT"):
            self.close_connection = True  # cut in the middle: no answer comes
            self.connection.close()
            return
        for pattern, answer in _ROUTES.items():
            if match := re.fullmatch(pattern, request):
                answer(self, body, bool(fault), **match.groupdict())
                return
        self._answer(404, {"error": f"no such address: {request}"})

    do_GET = do_HEAD = do_POST = do_PUT = _handle

    def _chunks(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return b""
        parts = []
        while size := int(self.rfile.readline().strip(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, status: int, value: object = None, headers: dict[str, str] | None = None) -> None:
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, content in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, content)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _repository(self, name: str, write: bool = False) -> Repository | None:
        """The repository, if this user may have it; else the answer was given."""
        found, token = self.hub.repositories.get(name), self._token()
        if write and token not in (OWNER, READER):
            self._answer(401, {"error": "Invalid username or password."})
        elif found is None or (found.private and token not in (OWNER, READER)):
            self._answer(404 if token else 401, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        elif found.gated and token != OWNER:
            self._answer(403, {"error": "Access is restricted"}, {"X-Error-Code": "GatedRepo"})
        elif write and token != OWNER:
            self._answer(403, {"error": "You have no write access to this repository"})
        else:
            return found
        return None

    def _commit(self, name: str, revision: str) -> Commit | None:
        if (repository := self._repository(name)) is None:
            return None
        if (commit := repository.at(revision)) is None:
            self._answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
        return commit

    def whoami(self, body: bytes, cut: bool) -> None:
        if self._token() not in (OWNER, READER):
            self._answer(401, {"error": "Invalid username or password."})
        else:
            self._answer(200, {"type": "user", "name": self._token().removeprefix("hf_"), "orgs": []})

    def create(self, body: bytes, cut: bool) -> None:
        told = json.loads(body)
        owner = told.get("organization") or self._token().removeprefix("hf_")
        name = f"{owner}/{told['name']}"
        if self._token() != OWNER:
            self._answer(403 if self._token() else 401, {"error": "You may not create a repository here"})
        elif name in self.hub.repositories:
            self._answer(409, {"error": "You already created this model repo", "url": f"{self.hub.address}/{name}"})
        else:
            private = told.get("private") or told.get("visibility") == "private"
            self.hub.repositories[name] = Repository(private=bool(private))
            self.hub.repositories[name].add("initial commit", {".gitattributes": b"*.safetensors filter=lfs\n"})
            self._answer(200, {"url": f"{self.hub.address}/{name}", "name": name, "id": name})

    def validate(self, body: bytes, cut: bool) -> None:
        self._answer(200, {"errors": [], "warnings": []})

    def preupload(self, body: bytes, cut: bool, name: str, revision: str) -> None:
        if self._repository(name, write=True):
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["size"] > LARGE or file["path"].endswith(".safetensors") else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(body)["files"]
            ]
            self._answer(200, {"files": files})

    def batch(self, body: bytes, cut: bool, name: str) -> None:
        if self._repository(name, write=True):
            objects = [
                {"oid": each["oid"], "size": each["size"]}
                | (
                    {}
                    if each["oid"] in self.hub.large
                    else {
                        "actions": {
                            "upload": {"href": f"{self.hub.address}/lfs/{each['oid']}"},
                            "verify": {"href": f"{self.hub.address}/lfs/{each['oid']}/verify"},
                        }
                    }
                )
                for each in json.loads(body)["objects"]
            ]
            self._answer(200, {"transfer": "basic", "objects": objects})

    def put(self, body: bytes, cut: bool, oid: str) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            self._answer(400, {"error": "another sha256"})
        else:
            self.hub.large[oid] = body
            self._answer(200, {})

    def verify(self, body: bytes, cut: bool, oid: str) -> None:
        told = json.loads(body)
        there = oid in self.hub.large and len(self.hub.large[oid]) == told["size"]
        self._answer(200 if there else 404, {} if there else {"error": "not uploaded"})

    def commit(self, body: bytes, cut: bool, name: str, revision: str) -> None:
        if (repository := self._repository(name, write=True)) is None:
            return
        self.hub.before_commit()
        rows = [json.loads(line) for line in body.splitlines() if line.strip()]
        header = next(row["value"] for row in rows if row["key"] == "header")
        with self.hub.lock:
            head = repository.commits[-1]
            if header.get("parentCommit", head.id) != head.id:
                self._answer(412, {"error": "A commit has happened since. Please refresh and try again."})
                return
            files = dict(head.files)
            for row in rows:
                value = row["value"]
                if row["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif row["key"] == "lfsFile":
                    files[value["path"]] = self.hub.large[value["oid"]]
                elif row["key"] == "deletedFile":
                    files.pop(value["path"], None)
            made = repository.add(header["summary"], files)
        url = f"{self.hub.address}/{name}/commit/{made.id}"
        self._answer(200, {"success": True, "commitOid": made.id, "commitUrl": url, "hookOutput": ""})

    def tag(self, body: bytes, cut: bool, name: str, revision: str) -> None:
        if (repository := self._repository(name, write=True)) is None:
            return
        wanted, commit = json.loads(body)["tag"], repository.at(revision)
        if commit is None:
            self._answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
        elif wanted in repository.tags:
            self._answer(409, {"error": "Tag already exists"})
        else:
            repository.tags[wanted] = commit.id
            self._answer(200, {})

    def refs(self, body: bytes, cut: bool, name: str) -> None:
        if repository := self._repository(name):
            tags = [
                {"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": id_} for tag, id_ in repository.tags.items()
            ]
            main = [{"name": "main", "ref": "refs/heads/main", "targetCommit": repository.commits[-1].id}]
            self._answer(200, {"branches": main, "tags": tags, "converts": []})

    def info(self, body: bytes, cut: bool, name: str, revision: str | None = None) -> None:
        if commit := self._commit(name, revision or "main"):
            repository = self.hub.repositories[name]
            told: dict[str, Any] = {"id": name, "modelId": name, "sha": commit.id, "private": repository.private}
            files = [{"rfilename": path} for path in sorted(commit.files)]
            self._answer(200, {**told, "gated": repository.gated, "tags": [], "siblings": files})

    def tree(self, body: bytes, cut: bool, name: str, revision: str) -> None:
        if commit := self._commit(name, revision):
            self._answer(200, [self._entry(path, content) for path, content in sorted(commit.files.items())])

    def _entry(self, path: str, content: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "path": path, "size": len(content)}
        entry["oid"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in self.hub.large:
            entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 100}
        return entry

    def resolve(self, body: bytes, cut: bool, name: str, revision: str, path: str) -> None:
        if (commit := self._commit(name, revision)) is None:
            return
        if (content := commit.files.get(path)) is None:
            self._answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            return
        entry = self._entry(path, content)
        etag = entry["lfs"]["oid"] if "lfs" in entry else entry["oid"]
        begin = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(begin[1]) if begin else 0
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(content) - first))
        self.send_header("ETag", f'"{etag}"')
        self.send_header("X-Repo-Commit", commit.id)
        self.send_header("X-Linked-Size", str(len(content)))
        self.send_header("X-Linked-ETag", f'"{etag}"')
        if begin:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command != "HEAD":
            sent = content[first:]
            self.wfile.write(sent[: len(sent) // 2] if cut else sent)
            if cut:
                self.close_connection = True
                self.connection.close()


_REPO = r"(?P<name>[\w.-]+/[\w.-]+)"
_ROUTES: dict[str, Callable[..., None]] = {
    r"GET /api/whoami-v2": _Handler.whoami,
    r"POST /api/repos/create": _Handler.create,
    r"POST /api/validate-yaml": _Handler.validate,
    rf"POST /api/models/{_REPO}/preupload/(?P<revision>\S+)": _Handler.preupload,
    rf"POST /{_REPO}\.git/info/lfs/objects/batch": _Handler.batch,
    r"PUT /lfs/(?P<oid>\w+)": _Handler.put,
    r"POST /lfs/(?P<oid>\w+)/verify": _Handler.verify,
    rf"POST /api/models/{_REPO}/commit/(?P<revision>\S+)": _Handler.commit,
    rf"POST /api/models/{_REPO}/tag/(?P<revision>\S+)": _Handler.tag,
    rf"GET /api/models/{_REPO}/refs": _Handler.refs,
    rf"GET /api/models/{_REPO}/tree/(?P<revision>[^/\s]+)": _Handler.tree,
    rf"GET /api/models/{_REPO}/revision/(?P<revision>\S+)": _Handler.info,
    rf"GET /api/models/{_REPO}": _Handler.info,
    rf"(?:GET|HEAD) /{_REPO}/resolve/(?P<revision>[^/\s]+)/(?P<path>.+)": _Handler.resolve,
}


@contextmanager
def running() -> Iterator[Hub]:
    """A Hub that answers until the block is left."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
