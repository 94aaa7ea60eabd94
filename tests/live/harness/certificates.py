"""Certificates of one run, made by the openssl command in a temporary folder: a root, an intermediate under it, and
leaves of every kind that a peer may show. Names end in .test; addresses are loopback's."""
import atexit
import hashlib
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

from .registry import Failure, Skip

NAME = "weir.test"  # what good server certificates are made out to, besides localhost and 127.0.0.1

CONFIG = """
[ca]
default_ca = authority
[authority]
database = {folder}/index-{issuer}.txt
serial = {folder}/serial-{issuer}.txt
new_certs_dir = {folder}
certificate = {folder}/{issuer}.pem
private_key = {folder}/{issuer}.key
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = none
[anything]
commonName = supplied
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical,CA:true,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = {purpose}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""
GOOD_NAMES = f"DNS:{NAME},DNS:localhost,IP:127.0.0.1,IP:::1"
KEY_OPTIONS = {"ec": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("-newkey", "rsa:2048")}


class Pair:
    """One certificate with its chain, and its key, as files."""

    def __init__(self, folder, name):
        self.name = name
        self.chain, self.key = folder / f"{name}.chain.pem", folder / f"{name}.key"
        self.alone = folder / f"{name}.pem"

    def fingerprint(self):
        """SHA-256 of the leaf's DER, as a client computes it from what it was shown."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(last_block(self.alone))).hexdigest()


def last_block(path):
    """Without the text that openssl writes before it."""
    text = path.read_text()
    return text[text.index("-----BEGIN CERTIFICATE-----"):]


class Certificates:
    """Attributes are `Pair`s; `root` and `stranger_root` are files of trusted certificates."""
    _made = None

    @classmethod
    def get(cls):
        if cls._made is None:
            cls._made = cls()
        return cls._made

    def __init__(self):
        if shutil.which("openssl") is None:
            raise Skip("openssl is not installed (tools/setup --tests installs it)")
        self.folder = Path(tempfile.mkdtemp(prefix="weir-certificates-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self._authority("root")
        self._authority("stranger_root")
        self._issue("intermediate", "root", section="intermediate")
        self._database("intermediate")
        self.root, self.stranger_root = self.folder / "root.pem", self.folder / "stranger_root.pem"
        self.ec = self.leaf("ec")
        self.rsa = self.leaf("rsa", kind="rsa")
        self.renewed = self.leaf("renewed")
        self.expired = self.leaf("expired", dates=("20200101000000Z", "20210101000000Z"))
        self.not_yet_valid = self.leaf("not_yet_valid", dates=("20900101000000Z", "20910101000000Z"))
        self.wrong_host = self.leaf("wrong_host", names="DNS:elsewhere.test,IP:127.0.0.99")
        self.address_only = self.leaf("address_only", names="IP:127.0.0.1")
        self.name_only = self.leaf("name_only", names=f"DNS:{NAME}")
        self.wildcard = self.leaf("wildcard", names="DNS:*.weir.test")
        self.stranger = self.leaf("stranger", issuer="stranger_root", above=())
        self.by_a_leaf = self._by_a_leaf()
        self.self_signed = self._self_signed()
        self.client = self.leaf("client", names="DNS:client.test", purpose="clientAuth")
        self.client_stranger = self.leaf("client_stranger", issuer="stranger_root", above=(), names="DNS:client.test",
                                         purpose="clientAuth")

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failure(f"openssl {' '.join(map(str, arguments))}: {done.stderr[-1500:]}")

    def leaf(self, name, kind="ec", issuer="intermediate", above=("intermediate",), names=GOOD_NAMES,
             purpose="serverAuth", dates=None):
        pair = self._issue(name, issuer, kind=kind, names=names, purpose=purpose, dates=dates)
        pair.chain.write_text("".join(last_block(path) for path in (pair.alone, *(self.folder / f"{a}.pem" for a in above))))
        return pair

    def ocsp_response(self, pair):
        """A DER response saying that `pair` is good, as its issuer's responder gives it."""
        request, response = self.folder / f"{pair.name}.ocspreq", self.folder / f"{pair.name}.ocspresp"
        issuer = self.folder / "intermediate.pem"
        self.openssl("ocsp", "-issuer", issuer, "-cert", pair.alone, "-reqout", request, "-no_nonce")
        self.openssl("ocsp", "-index", self.folder / "index-intermediate.txt", "-CA", issuer, "-rsigner", issuer, "-rkey",
                     self.folder / "intermediate.key", "-reqin", request, "-respout", response, "-ndays", "2", "-noverify",
                     "-resp_no_certs")  # as an authority that signs for itself does
        return response.read_bytes()

    def _config(self, issuer, names=GOOD_NAMES, purpose="serverAuth"):
        path = self.folder / "openssl.cnf"
        path.write_text(CONFIG.format(folder=self.folder, issuer=issuer, names=names, purpose=purpose))
        return path

    def _database(self, issuer):
        (self.folder / f"index-{issuer}.txt").write_text("")
        (self.folder / f"serial-{issuer}.txt").write_text("1000\n")

    def _request(self, name, kind):
        self.openssl("req", "-new", "-nodes", *KEY_OPTIONS[kind], "-subj", f"/CN={name}", "-keyout",
                     self.folder / f"{name}.key", "-out", self.folder / f"{name}.csr")

    def _authority(self, name):
        self._request(name, "ec")
        self._database(name)
        self.openssl("ca", "-batch", "-selfsign", "-config", self._config(name), "-extensions", "root", "-days", 30, "-notext",
                     "-keyfile", self.folder / f"{name}.key", "-in", self.folder / f"{name}.csr", "-out",
                     self.folder / f"{name}.pem")

    def _issue(self, name, issuer, kind="ec", section="leaf", names=GOOD_NAMES, purpose="serverAuth", dates=None):
        self._request(name, kind)
        when = ("-startdate", dates[0], "-enddate", dates[1]) if dates else ("-days", 7)
        self.openssl("ca", "-batch", "-config", self._config(issuer, names, purpose), "-extensions", section, *when, "-notext",
                     "-in", self.folder / f"{name}.csr", "-out", self.folder / f"{name}.pem")
        return Pair(self.folder, name)

    def _by_a_leaf(self):
        """Signed by `ec`, which is no authority: the hole that basicConstraints closes."""
        self._database("ec")
        return self.leaf("by_a_leaf", issuer="ec", above=("ec", "intermediate"))

    def _self_signed(self):
        pair = Pair(self.folder, "self_signed")
        self.openssl("req", "-x509", "-nodes", *KEY_OPTIONS["ec"], "-subj", f"/CN={NAME}", "-addext",
                     f"subjectAltName={GOOD_NAMES}", "-days", 7, "-keyout", pair.key, "-out", pair.chain)
        shutil.copy(pair.chain, pair.alone)
        return pair
