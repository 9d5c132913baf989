"""Drives every service of DICOMweb with dicomweb-client and with plain requests, over the distinct instances that pydicom brings.

    URL=http://127.0.0.1:8080/dicom-web TOKEN=… python3 dicomweb.py

It prints a line for each service, and ends with 1 at the first answer that is not as the files say.
"""

import collections
import io
import os
import pathlib
import sys
import time
import xml.etree.ElementTree as ElementTree

import numpy
import pydicom
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom.encaps import generate_frames
from pydicom.pixels import pixel_array
from pydicom.uid import JPEG2000, JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless

URL = os.environ["URL"]
ENOUGH = 60
"""Seconds that processing may take."""
XML = 'multipart/related; type="application/dicom+xml"'
MODEL = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
LOSSY = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEG2000, JPEGLSNearLossless)


def connected() -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {os.environ['TOKEN']}"
    return session


def instances() -> dict[str, bytes]:
    """The files of pydicom that are instances, by SOP Instance UID: the first of each."""
    found = {}
    for path in sorted((pathlib.Path(pydicom.__file__).parent / "data/test_files").rglob("*.dcm")):
        data = path.read_bytes()
        try:
            header = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
            # What is no UID here is refused; `store` says so of some.
            uids = [header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID, header.SOPClassUID]
        except (pydicom.errors.InvalidDicomError, AttributeError, EOFError, ValueError, TypeError):
            continue
        if all(uid and uid.is_valid for uid in uids):
            found.setdefault(str(header.SOPInstanceUID), data)
    return found


def body(parts: list[bytes]) -> tuple[bytes, dict]:
    boundary = "a-boundary-that-no-file-has"
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return b"\r\n".join(head + part for part in parts) + f"\r\n--{boundary}--\r\n".encode(), {"Content-Type": kind, "Accept": "application/dicom+json"}


def store(session: requests.Session, files: dict[str, bytes]) -> None:
    """A request for each ten: all are stored, and what is sent again is no second file."""
    uids = list(files)
    for begin in range(0, len(uids), 10):
        data, headers = body([files[uid] for uid in uids[begin:begin + 10]])
        answer = session.post(f"{URL}/studies", data=data, headers=headers)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        stored = [item["00081155"]["Value"][0] for item in answer.json()["00081199"]["Value"]]
        assert stored == uids[begin:begin + 10], stored


def wait(client: DICOMwebClient, many: int) -> list[dict]:
    """All instances, when they are processed."""
    for _ in range(ENOUGH * 4):
        found = client.search_for_instances(limit=1000, fields=["StudyInstanceUID"])
        if len(found) == many:
            return found
        time.sleep(0.25)
    raise AssertionError(f"{len(found)} of {many} instances after {ENOUGH} seconds")


def value(data_set: dict, tag: str):
    return data_set.get(tag, {}).get("Value", [None])[0]


def look(client: DICOMwebClient, files: dict[str, bytes]) -> list[tuple[str, str, str]]:
    """Searches at every level and below every level; answers where each instance is."""
    places = []
    studies = client.search_for_studies(limit=1000)
    for study in (value(found, "0020000D") for found in studies):
        series_here = client.search_for_series(study)
        assert len(client.search_for_instances(study)) == sum(value(found, "00201209") for found in series_here)
        for series in (value(found, "0020000E") for found in series_here):
            for found in client.search_for_instances(study, series):
                places.append((study, series, value(found, "00080018")))
    assert {uid for *_, uid in places} == set(files), set(files) ^ {uid for *_, uid in places}
    everywhere = client.search_for_series(limit=1000)
    assert {value(found, "0020000E") for found in everywhere} == {series for _, series, _ in places}
    modalities = collections.Counter(str(pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True).get("Modality", "")) for data in files.values())
    for modality in ("CT", "MR"):
        found = client.search_for_instances(search_filters={"Modality": modality}, limit=1000)
        assert len(found) == modalities[modality], (modality, len(found), modalities[modality])
    one = places[0][0]
    assert [value(found, "0020000D") for found in client.search_for_studies(search_filters={"StudyInstanceUID": one})] == [one]
    assert client.search_for_studies(search_filters={"PatientID": "nobody has this"}) == []
    return places


def retrieve(client: DICOMwebClient, session: requests.Session, files: dict[str, bytes], places: list[tuple[str, str, str]]) -> None:
    """Every instance byte for byte; series and studies have theirs."""
    for study, series, uid in places:
        path = f"{URL}/studies/{study}/series/{series}/instances/{uid}"
        answer = session.get(path, headers={"Accept": "application/dicom; transfer-syntax=*"})
        assert answer.content == files[uid], uid
        assert client.retrieve_instance(study, series, uid, media_types=(("application/dicom", "*"),)).SOPInstanceUID == uid
    for study, series in sorted({place[:2] for place in places}):
        got = client.retrieve_series(study, series, media_types=(("application/dicom", "*"),))
        expected = sorted(uid for *above, uid in places if above == [study, series])
        assert sorted(found.SOPInstanceUID for found in got) == expected
        # As Slicer asks for it.
        assert sorted(found.SOPInstanceUID for found in client.iter_series(study, series)) == expected
    for study in sorted({place[0] for place in places}):
        got = client.retrieve_study(study, media_types=(("application/dicom", "*"),))
        assert len(got) == sum(place[0] == study for place in places)


def metadata(client: DICOMwebClient, files: dict[str, bytes], places: list[tuple[str, str, str]]) -> int:
    """What instances say is what pydicom reads; what is long is behind its URI. Answers how many long values there were."""
    long = 0
    for study, series, uid in places:
        said = client.retrieve_instance_metadata(study, series, uid)
        # The answer is UTF-8, and says so (PS3.18, section F.2.2).
        ours = {tag for tag in said if not tag.startswith("0002")} - {"00080005"}
        read = pydicom.dcmread(io.BytesIO(files[uid]), force=True)
        theirs = {f"{element.tag:08X}" for element in read if element.tag.group != 2 and element.tag.element != 0} - {"00080005"}
        assert ours == theirs, (uid, ours ^ theirs)
        for keyword in ("PatientID", "Modality", "Rows", "NumberOfFrames", "SOPClassUID"):
            tag = f"{pydicom.datadict.tag_for_keyword(keyword):08X}"
            expected = read.get(keyword)
            if expected not in (None, ""):
                assert str(value(said, tag)) == str(expected), (uid, keyword)
        for tag, element in said.items():
            if "BulkDataURI" in element and tag != "7FE00010":
                long += 1
                [data] = client.retrieve_bulkdata(element["BulkDataURI"])
                raw = read[tag].value
                if isinstance(raw, bytes) and read.original_encoding[1]:
                    assert data == raw, (uid, tag)
    for study, series in sorted({place[:2] for place in places}):
        assert len(client.retrieve_series_metadata(study, series)) == sum(place[:2] == (study, series) for place in places)
    for study in sorted({place[0] for place in places}):
        assert len(client.retrieve_study_metadata(study)) == sum(place[0] == study for place in places)
    return long


def parts(answer: requests.Response) -> list[bytes]:
    boundary = answer.headers["Content-Type"].split("boundary=")[1].encode()
    return [part.split(b"\r\n\r\n", 1)[1] for part in (b"\r\n" + answer.content).split(b"\r\n--" + boundary)[1:-1]]


def as_xml(data_set: dict) -> dict:
    """What the Native DICOM Model of a data set in DICOM JSON says (PS3.19, section A.1): by tag and private creator."""
    said = {}
    for tag, element in data_set.items():
        group, block = int(tag[:4], 16), int(tag[4:6], 16)
        creator = value(data_set, f"{tag[:4]}00{tag[4:6]}") if group % 2 and block >= 0x10 else None
        long = element.get("BulkDataURI") or element.get("InlineBinary")
        keyword = None if group % 2 else pydicom.datadict.keyword_for_tag(tag) or None
        said[tag[:4] + "00" + tag[6:] if creator else tag, creator] = (element["vr"], keyword, long or [written(one) for one in element.get("Value", [])])
    return said


def written(one):
    if not isinstance(one, dict):
        return "" if one is None else "".join(c if c in "\t\r\n" or c >= " " else "\ufffd" for c in str(one))
    if not one or set(one) - set(GROUPS):
        return as_xml(one)
    return {group: {component: part for component, part in zip(COMPONENTS, one[group].split("^", 4)) if part} for group in GROUPS if group in one}


def read_xml(data_set: ElementTree.Element) -> dict:
    """What XML says, in the same form."""
    said = {}
    for attribute in data_set.iterfind(f"{MODEL}DicomAttribute"):
        bulk, binary = attribute.find(f"{MODEL}BulkData"), attribute.find(f"{MODEL}InlineBinary")
        values = [one for one in attribute if one.tag.removeprefix(MODEL) in ("Value", "Item", "PersonName")]
        assert [one.get("number") for one in values] == [str(at + 1) for at in range(len(values))]
        long = bulk.get("uri") if bulk is not None else binary.text if binary is not None else None
        said[attribute.get("tag"), attribute.get("privateCreator")] = (attribute.get("vr"), attribute.get("keyword"), long or [read_value(one) for one in values])
    return said


def read_value(one: ElementTree.Element):
    if one.tag == f"{MODEL}Item":
        return read_xml(one)
    if one.tag == f"{MODEL}PersonName":
        return {group.tag.removeprefix(MODEL): {part.tag.removeprefix(MODEL): part.text for part in group} for group in one} or ""
    return one.text or ""


def in_xml(session: requests.Session, places: list[tuple[str, str, str]]) -> int:
    """Metadata and searches say the same in XML as in JSON, with the keywords that pydicom has. Answers how many data sets were compared."""
    paths = [f"/studies/{study}/series/{series}/metadata" for study, series in sorted({place[:2] for place in places})]
    compared = 0
    for path in [*paths, "/studies?limit=1000", "/series?limit=1000&includefield=all", "/instances?limit=50"]:
        answer = session.get(URL + path, headers={"Accept": XML})
        assert answer.headers["Content-Type"].startswith(XML), (path, answer.status_code, answer.headers)
        # Numbers stay as they are written.
        data_sets = session.get(URL + path).json(parse_float=str)
        in_parts = parts(answer)
        assert len(in_parts) == len(data_sets), path
        for part, data_set in zip(in_parts, data_sets):
            ours, theirs = read_xml(ElementTree.fromstring(part)), as_xml(data_set)
            different = {tag: (ours.get(tag), theirs.get(tag)) for tag in ours.keys() | theirs.keys() if ours.get(tag) != theirs.get(tag)}
            assert not different, (path, different)
            compared += 1
    return compared


def frames(client: DICOMwebClient, files: dict[str, bytes], places: list[tuple[str, str, str]]) -> int:
    """The first and the last frame of each image, as stored. Answers how many there were."""
    compared = 0
    for study, series, uid in places:
        read = pydicom.dcmread(io.BytesIO(files[uid]), force=True)
        if "PixelData" not in read:
            continue
        try:
            many = int(read.get("NumberOfFrames") or 1)
        except ValueError:
            # One of them has "1A" there: its pixels are none that can be counted.
            continue
        syntax = read.file_meta.TransferSyntaxUID
        if syntax.is_encapsulated:
            stored = list(generate_frames(read.PixelData, number_of_frames=many))
        else:
            bits = read.Rows * read.Columns * read.SamplesPerPixel * read.BitsAllocated
            if bits % 8 or not read.original_encoding[1] or read.PhotometricInterpretation == "YBR_FULL_422":
                continue
            stored = [read.PixelData[number * bits // 8:(number + 1) * bits // 8] for number in range(many)]
        wanted = sorted({1, many})
        got = client.retrieve_instance_frames(study, series, uid, wanted, media_types=(("application/octet-stream", "*"),))
        assert got == [stored[number - 1] for number in wanted], (uid, [len(frame) for frame in got])
        compared += len(wanted)
    return compared


def decoded(client: DICOMwebClient, files: dict[str, bytes], places: list[tuple[str, str, str]]) -> int:
    """The first frame of each compressed image, decoded, beside what pydicom decodes. Answers how many there were."""
    compared = 0
    for study, series, uid in places:
        read = pydicom.dcmread(io.BytesIO(files[uid]), force=True)
        if "PixelData" not in read or not read.file_meta.TransferSyntaxUID.is_encapsulated or read.get("NumberOfFrames") not in (None, 1):
            continue
        try:
            expected = pixel_array(read, raw=True)
        except (NotImplementedError, RuntimeError, ValueError, AttributeError):
            # pydicom has no decoder for it here.
            continue
        kinds = (("application/octet-stream", "1.2.840.10008.1.2.1"),)
        [got] = client.retrieve_instance_frames(study, series, uid, [1], media_types=kinds)
        samples = numpy.frombuffer(got, expected.dtype).reshape(expected.shape)
        apart = numpy.abs(samples.astype(int) - expected.astype(int))
        # Of what is lossy, decoders agree but for rounding, and for how they spread colours over pixels that share them.
        most = 4 if read.file_meta.TransferSyntaxUID in LOSSY else 0
        assert numpy.percentile(apart, 95) <= most, (uid, read.file_meta.TransferSyntaxUID.name, apart.max())
        compared += 1
    assert compared >= 10, compared
    return compared


def pictures(session: requests.Session, places: list[tuple[str, str, str]]) -> int:
    """Whatever has a picture shows it rendered and as a thumbnail. Answers how many have one."""
    shown = 0
    for study, series, uid in places:
        path = f"{URL}/studies/{study}/series/{series}/instances/{uid}"
        kinds = [session.get(f"{path}/{which}", headers={"Accept": "image/jpeg"}) for which in ("rendered", "thumbnail")]
        assert {answer.status_code for answer in kinds} in ({200}, {404}), (uid, [answer.text for answer in kinds])
        for answer in kinds:
            if answer.status_code == 200:
                assert answer.content.startswith(b"\xff\xd8"), uid
        shown += kinds[0].status_code == 200
    return shown


def refused(session: requests.Session, files: dict[str, bytes]) -> None:
    """What is wrong is said with the standard's status."""
    data, headers = body([next(iter(files.values()))[:200]])
    answer = session.post(f"{URL}/studies", data=data, headers=headers)
    assert answer.status_code == 409 and "00081198" in answer.json(), answer.text
    for path, expected in [
        ("/studies/1.2.3.4", 404), (f"/studies/{'1.' * 40}1/metadata", 400), ("/studies/1.x/series", 400),
        ("/studies?NoSuchAttribute=1", 400), ("/studies?limit=x", 400),
    ]:
        answer = session.get(URL + path)
        assert answer.status_code == expected, (path, answer.status_code, answer.text)
    answer = session.post(f"{URL}/studies", data=data, headers=headers | {"Accept": "application/dicom+xml"})
    assert answer.status_code == 409 and read_xml(ElementTree.fromstring(answer.content))["00081198", None][1] == "FailedSOPSequence", answer.text
    answer = session.get(f"{URL}/studies", headers={"Accept": "text/html"})
    assert answer.status_code == 406, answer.text


def main() -> None:
    session = connected()
    client = DICOMwebClient(URL, session=session)
    files = instances()
    store(session, files)
    wait(client, len(files))
    store(session, files)
    wait(client, len(files))
    print(f"{len(files)} instances stored, and again without a second file")
    places = look(client, files)
    print(f"{len(places)} instances found in {len({place[0] for place in places})} studies")
    retrieve(client, session, files, places)
    print("every instance, series and study retrieved, byte for byte")
    print(f"metadata as pydicom reads it, {metadata(client, files, places)} long values behind their URIs")
    print(f"{in_xml(session, places)} data sets in XML as in JSON")
    print(f"{frames(client, files, places)} frames as they are stored")
    print(f"{decoded(client, files, places)} compressed frames decoded as pydicom decodes them")
    print(f"{pictures(session, places)} pictures")
    refused(session, files)
    print("what is wrong is refused")
    new = pydicom.dcmread(io.BytesIO(files[places[0][2]]))
    new.SOPInstanceUID = new.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    client.store_instances([new])
    wait(client, len(files) + 1)
    print("a data set of pydicom stored by dicomweb-client")


if __name__ == "__main__":
    sys.exit(main())
