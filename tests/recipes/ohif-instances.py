"""Writes what OHIF is shown into a folder: a clip, a mammogram, a CT with a segmentation, reports and a PDF, each a study of its own.

    python tests/recipes/ohif-instances.py <folder>

The sizes and values that the test expects are in `expected.json` beside them.
"""

import io
import json
import pathlib
import sys

import numpy
from PIL import Image
from pydicom import Dataset, FileMetaDataset, Sequence, dcmwrite
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit
from pydicom.uid import BasicTextSRStorage, ComprehensiveSRStorage, CTImageStorage, DigitalMammographyXRayImageStorageForPresentation
from pydicom.uid import EncapsulatedPDFStorage, SegmentationStorage, UltrasoundMultiFrameImageStorage

ROOT = "1.2.826.0.1.3680043.10.8"
SIDE = 128
SLICES = 5
SPACING = 0.8
RADIUS = 50
"""Of the disc of a CT with so many pixels on a side, in pixels."""


def instance(number, sop_class, modality, name, series=1, at=1):
    """What every instance says: of study `number`, its series and its place there."""
    study = f"{ROOT}.{number}"
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = sop_class
    made.SOPInstanceUID = f"{study}.{series}.{at}"
    made.StudyDate = made.SeriesDate = made.ContentDate = "20260106"
    made.StudyTime = made.SeriesTime = made.ContentTime = "101500"
    made.AccessionNumber = f"O-{number}"
    made.Modality = modality
    made.Manufacturer = "Filmroom"
    made.StudyDescription = made.SeriesDescription = name
    made.PatientName = "Ohif^Anna"
    made.PatientID = f"O-000{number}"
    made.PatientBirthDate, made.PatientSex = "19700101", "F"
    made.StudyInstanceUID, made.SeriesInstanceUID = study, f"{study}.{series}"
    made.StudyID, made.SeriesNumber, made.InstanceNumber = str(number), series, at
    return made


def grey(made, pixels, bits):
    """Pixels of one value each."""
    made.Rows, made.Columns = pixels.shape[-2:]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = 16 if bits > 8 else 8
    made.BitsStored, made.HighBit, made.PixelRepresentation = bits, bits - 1, 0
    made.PixelData = pixels.tobytes()


def code(value, scheme, meaning):
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def reference(made):
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    return item


def clip(number=1, frames=6):
    """An ultrasound of frames of one colour each, as JPEG with its colours subsampled, as scanners write it."""
    colours = [(40 + 30 * at, 200 - 30 * at, 90) for at in range(frames)]
    made = instance(number, UltrasoundMultiFrameImageStorage, "US", "Clip")
    made.Rows, made.Columns, made.NumberOfFrames = 240, 320, frames
    made.SamplesPerPixel, made.PlanarConfiguration, made.PhotometricInterpretation = 3, 0, "YBR_FULL_422"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.FrameTime, made.CineRate = 100, 10
    made.FrameIncrementPointer = 0x00181063
    made.LossyImageCompression = "01"
    encoded = []
    for colour in colours:
        jpeg = io.BytesIO()
        Image.new("RGB", (320, 240), colour).save(jpeg, "JPEG", quality=90, subsampling="4:2:2")
        encoded.append(jpeg.getvalue())
    made.PixelData = encapsulate(encoded)
    made["PixelData"].is_undefined_length = True
    return [(made, JPEGBaseline8Bit)], {"colours": colours}


def mammogram(number=2, rows=2048, columns=1536):
    """A half of an ellipse that is brighter within, with a mass and speckles, of 12 bits."""
    y, x = numpy.mgrid[0:rows, 0:columns].astype(numpy.float32)
    depth = 1 - numpy.hypot(x / (columns * 0.7), (y - rows / 2) / (rows * 0.42))
    mass = numpy.exp(-((x - columns * 0.3) ** 2 + (y - rows * 0.4) ** 2) / (2 * (rows / 20) ** 2))
    grain = numpy.random.default_rng(7).integers(0, 40, (rows, columns))
    pixels = numpy.where(depth > 0, 900 + 1400 * depth + 1200 * mass + grain, 0).astype("<u2")
    made = instance(number, DigitalMammographyXRayImageStorageForPresentation, "MG", "Mammogram")
    made.PresentationIntentType, made.ImageType = "FOR PRESENTATION", ["ORIGINAL", "PRIMARY"]
    made.BodyPartExamined, made.ImageLaterality, made.ViewPosition = "BREAST", "L", "CC"
    made.PatientOrientation = ["A", "R"]
    made.ImagerPixelSpacing = made.PixelSpacing = [0.1, 0.1]
    made.PixelIntensityRelationship, made.PixelIntensityRelationshipSign = "LOG", -1
    made.RescaleIntercept, made.RescaleSlope, made.RescaleType = 0, 1, "US"
    made.PresentationLUTShape, made.LossyImageCompression, made.BurnedInAnnotation = "IDENTITY", "00", "NO"
    made.WindowCenter, made.WindowWidth = 2000, 3000
    grey(made, pixels, 12)
    # The encoder has to know what the bytes are before they are compressed.
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.compress(JPEG2000Lossless, generate_instance_uid=False)
    return [(made, JPEG2000Lossless)], {}


def slices(number, count=SLICES, finer=1):
    """A CT: a disc in air that is as large in each slice, with pixels of a known size, or so many times as fine."""
    side = SIDE * finer
    y, x = numpy.mgrid[0:side, 0:side]
    disc = numpy.hypot(x - (side - 1) / 2, y - (side - 1) / 2) <= RADIUS * finer
    made = []
    for at in range(1, count + 1):
        one = instance(number, CTImageStorage, "CT", "Disc", at=at)
        one.FrameOfReferenceUID = f"{ROOT}.{number}.9"
        one.ImageType, one.KVP, one.AcquisitionNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], 120, 1
        one.ImagePositionPatient = [0, 0, 2 * at]
        one.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        one.PixelSpacing, one.SliceThickness = [SPACING / finer, SPACING / finer], 2
        one.RescaleIntercept, one.RescaleSlope, one.RescaleType = -1024, 1, "HU"
        one.WindowCenter, one.WindowWidth = 40, 400
        grey(one, numpy.where(disc, 1064, 24).astype("<u2"), 12)
        made.append(one)
    return made


def functional_groups(made, source, place):
    """What one frame of a segmentation says: of which slice and segment it is, and where it lies."""
    group = Dataset()
    content, position, segment, derived = Dataset(), Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = [1, place]
    position.ImagePositionPatient = source.ImagePositionPatient
    segment.ReferencedSegmentNumber = 1
    origin = reference(source)
    origin.PurposeOfReferenceCodeSequence = [code("121322", "DCM", "Source image for image processing operation")]
    derived.DerivationCodeSequence = [code("113076", "DCM", "Segmentation")]
    derived.SourceImageSequence = [origin]
    group.FrameContentSequence, group.PlanePositionSequence = [content], [position]
    group.SegmentIdentificationSequence, group.DerivationImageSequence = [segment], [derived]
    made.PerFrameFunctionalGroupsSequence.append(group)


def segment_of(made):
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel, segment.SegmentAlgorithmType = 1, "Nodule of the test", "MANUAL"
    segment.SegmentedPropertyCategoryCodeSequence = [code("49755003", "SCT", "Morphologically Abnormal Structure")]
    segment.SegmentedPropertyTypeCodeSequence = [code("27925004", "SCT", "Nodule")]
    segment.RecommendedDisplayCIELabValue = [34885, 53485, 50171]
    made.SegmentSequence = [segment]
    return segment


def dimensions(made):
    """How frames are told apart: by their segment, and by where they lie."""
    organization = Dataset()
    organization.DimensionOrganizationUID = f"{made.StudyInstanceUID}.8"
    made.DimensionOrganizationSequence, made.DimensionOrganizationType = [organization], "3D"
    made.DimensionIndexSequence = []
    for pointer, group in [(0x0062000B, 0x0062000A), (0x00200032, 0x00209113)]:
        index = Dataset()
        index.DimensionOrganizationUID = organization.DimensionOrganizationUID
        index.DimensionIndexPointer, index.FunctionalGroupPointer = pointer, group
        made.DimensionIndexSequence.append(index)


def segmentation(number=3):
    """A CT, and a square in the middle of each of its slices."""
    sources = slices(number)
    made = instance(number, SegmentationStorage, "SEG", "Segmentation", series=2)
    made.FrameOfReferenceUID = sources[0].FrameOfReferenceUID
    made.ImageType, made.ContentLabel, made.ContentDescription = ["DERIVED", "PRIMARY"], "NODULE", "A nodule"
    made.ContentCreatorName, made.ManufacturerModelName, made.DeviceSerialNumber = "Test", "Test", "1"
    made.SoftwareVersions, made.SegmentationType, made.LossyImageCompression = "1", "BINARY", "00"
    square = numpy.zeros((SLICES, SIDE, SIDE), bool)
    square[:, 52:76, 52:76] = True
    grey(made, square, 8)
    made.NumberOfFrames = SLICES
    made.BitsAllocated, made.BitsStored, made.HighBit = 1, 1, 0
    made.PixelData = numpy.packbits(square.ravel(), bitorder="little").tobytes()
    series = Dataset()
    series.SeriesInstanceUID = sources[0].SeriesInstanceUID
    series.ReferencedInstanceSequence = [reference(source) for source in sources]
    made.ReferencedSeriesSequence = [series]
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness, measures.SpacingBetweenSlices = sources[0].PixelSpacing, 2, 2
    orientation.ImageOrientationPatient = sources[0].ImageOrientationPatient
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    made.SharedFunctionalGroupsSequence, made.PerFrameFunctionalGroupsSequence = [shared], Sequence()
    for place, source in enumerate(sources, 1):
        functional_groups(made, source, place)
    segment = segment_of(made)
    dimensions(made)
    said = {"label": segment.SegmentLabel, "slices": SLICES, "ratio": 24 / (2 * RADIUS)}
    return [(one, ExplicitVRLittleEndian) for one in [*sources, made]], said


def item(kind, name=None, relation="CONTAINS", **values):
    """An item of the content of a report."""
    made = Dataset()
    made.RelationshipType, made.ValueType = relation, kind
    if name:
        made.ConceptNameCodeSequence = [name]
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def described(made, title, content, evidence=()):
    """Makes a report of an instance: its title and its content."""
    made.CompletionFlag, made.VerificationFlag = "COMPLETE", "UNVERIFIED"
    made.ReferencedPerformedProcedureStepSequence, made.PerformedProcedureCodeSequence = [], []
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = [title]
    made.ContentSequence = content
    if evidence:
        series, study = Dataset(), Dataset()
        series.SeriesInstanceUID = evidence[0].SeriesInstanceUID
        series.ReferencedSOPSequence = [reference(one) for one in evidence]
        study.StudyInstanceUID, study.ReferencedSeriesSequence = evidence[0].StudyInstanceUID, [series]
        made.CurrentRequestedProcedureEvidenceSequence = [study]
    return made


def report(number=4):
    """What a radiologist dictates, by headings."""
    made = instance(number, ComprehensiveSRStorage, "SR", "Report")
    text = "A disc of 80 mm in air. 无结节。"
    finding = item("TEXT", code("121071", "DCM", "Finding"), TextValue=text)
    findings = item("CONTAINER", code("121070", "DCM", "Findings"), ContinuityOfContent="SEPARATE", ContentSequence=[finding])
    described(made, code("18748-4", "LN", "Diagnostic imaging report"), [findings])
    return [(made, ExplicitVRLittleEndian)], {"text": text}


def measured(number=5):
    """A CT, and a report of template 1500 that has a length in its first slice."""
    sources = slices(number)
    made = instance(number, ComprehensiveSRStorage, "SR", "Measurements", series=2)
    points = [SIDE / 2 - RADIUS, SIDE / 2, SIDE / 2 + RADIUS, SIDE / 2]
    image = item("IMAGE", relation="SELECTED FROM", ReferencedSOPSequence=[reference(sources[0])])
    line = item("SCOORD", relation="INFERRED FROM", GraphicType="POLYLINE", GraphicData=points, ContentSequence=[image])
    value = Dataset()
    value.NumericValue, value.MeasurementUnitsCodeSequence = 2 * RADIUS * SPACING, [code("mm", "UCUM", "millimeter")]
    length = item("NUM", code("410668003", "SCT", "Length"), MeasuredValueSequence=[value], ContentSequence=[line])
    group = item("CONTAINER", code("125007", "DCM", "Measurement Group"), ContinuityOfContent="SEPARATE", ContentSequence=[
        item("TEXT", code("112039", "DCM", "Tracking Identifier"), "HAS OBS CONTEXT", TextValue="Cornerstone3DTools@^0.1.0:Length"),
        item("UIDREF", code("112040", "DCM", "Tracking Unique Identifier"), "HAS OBS CONTEXT", UID=f"{made.SOPInstanceUID}.1"),
        item("CODE", code("121071", "DCM", "Finding"), ConceptCodeSequence=[code("27925004", "SCT", "Nodule")]),
        length,
    ])
    groups = item("CONTAINER", code("126010", "DCM", "Imaging Measurements"), ContinuityOfContent="SEPARATE", ContentSequence=[group])
    described(made, code("126000", "DCM", "Imaging Measurement Report"), [groups], sources)
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "1500"
    made.ContentTemplateSequence = [template]
    return [(one, ExplicitVRLittleEndian) for one in [*sources, made]], {"length": 2 * RADIUS * SPACING}


def pdf(number=6, filler=100_000):
    """A page with a word on it, in so many bytes that metadata has a URI in the place of them."""
    text = b"BT /F1 24 Tf 72 720 Td (Filmroom) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n" + b"%" * filler + b"\n", []
    for at, value in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (at, value)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (table, len(body))
    made = instance(number, EncapsulatedPDFStorage, "DOC", "Letter")
    made.ConversionType, made.BurnedInAnnotation, made.DocumentTitle = "WSD", "YES", "Letter"
    made.ConceptNameCodeSequence, made.MIMETypeOfEncapsulatedDocument = [], "application/pdf"
    made.EncapsulatedDocumentLength = len(body)
    made.EncapsulatedDocument = body + b"\0" * (len(body) % 2)
    return [(made, ExplicitVRLittleEndian)], {"text": body.decode()}


def short_pdf():
    """The same in so few bytes that metadata has them."""
    return pdf(number=7, filler=0)


def ruler(number=8):
    """A slice to measure in. OHIF draws its pixels as if there were one less on a side, so there are many."""
    [one] = slices(number, count=1, finer=4)
    return [(one, ExplicitVRLittleEndian)], {"diameter": 2 * RADIUS * SPACING}


def main(folder):
    expected = {}
    for make in [clip, mammogram, segmentation, report, measured, pdf, short_pdf, ruler]:
        instances, said = make()
        files = []
        for at, (made, syntax) in enumerate(instances):
            made.file_meta = FileMetaDataset()
            made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
            made.file_meta.TransferSyntaxUID = syntax
            files.append(f"{make.__name__}-{at}.dcm")
            dcmwrite(folder / files[-1], made, enforce_file_format=True)
        expected[make.__name__] = {"study": made.StudyInstanceUID, "files": files, **said}
    (folder / "expected.json").write_text(json.dumps(expected))


main(pathlib.Path(sys.argv[1]))
