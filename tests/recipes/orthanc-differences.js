// How answers of Orthanc's plugin (1.7) and ours differ for the same files, and who is right. Sections are of PS3.18, if no other part is named.

const entry = (request, differs, why) => ({ request, differs, why });

/** Of searches. */
export const IN_SEARCHES = [
  entry(/./, /^status 204, theirs 200 of nothing$/, 'Nothing found is a 204 (section 8.3.4.4.1); an empty list with a 200 says the same to clients.'),
  entry(/./, /^(00080090|00100030|00100040|00200010|00200013) only here, empty$/, 'What a file does not say is there without a value: these are required (table 10.6.3-3).'),
  entry(/./, /^00080056 only here$/, 'Instance Availability is in tables 10.6.3-3 and 10.6.3-5.'),
  entry(/^\/(studies|series|instances)(\?|$)/, /^00081030 only here$/, 'A study description is no column of the table, and every list of studies shows it; a server may answer more.'),
  entry(/^\/(series|instances)(\?|$)/, /^(00080061|00201206|00201208) only here$/, 'If no study is named, results have the attributes of studies (section 10.6.3.3), all of table 10.6.3-3.'),
  entry(/^\/(studies\/\{ct\}\/)?instances(\?|$)/, /^00201209 only here$/, 'If no series is named, results have the attributes of series (section 10.6.3.3), all of table 10.6.3-4.'),
  entry(/^\/(series|instances)(\?|$)/, /^00400275 only here$/, 'Request Attributes Sequence is in table 10.6.3-4.'),
  entry(/^\/studies\/\{ct\}\//, /^(00080020|00080030|00080050|00100010|00100020|00080060|0008103E|00200011) only there$/, 'Whoever names a study or series knows what it is: its attributes are asked for by includefield (section 10.6.3.3).'),
  entry(/includefield=all/, /^[0-9A-F]{8} only here(, empty)?$/, 'Orthanc answers the attributes that it keeps in its database, and all of the level are asked for (section 8.3.4.3).'),
  entry(/./, /^00080030 is \["\d{6}"\], theirs \["\d{6}\.\d+"\]$/, 'Orthanc is right: the worklist here knows times to the second, and cuts off what a file says beyond it.'),
  entry(/StudyTime=132645$/, /^found only here$/, 'Orthanc is right: the time of that study has a fraction (PS3.4, section C.2.2.2.1), which the worklist here does not know.'),
  entry(/PatientName=(Zhang%5ESan|zhang%5Esan)$/, /^found only here$/, 'Names match by each of their groups here, and in any case; Orthanc compares the whole name. PS3.4, section C.2.2.2.1, leaves that to the server.'),
  entry(/PatientName=%E5%BC%A0\*$/, /^found only here$/, 'Names match by each of their groups here; in Orthanc a name begins with its first group. PS3.4, section C.2.2.2.4, leaves that to the server.'),
  entry(/(PatientID=p-0001|AccessionNumber=a-2026\*)$/, /^(status 204, theirs 200|found only there)$/, 'Orthanc looks for everything in any case: PS3.4, sections C.2.2.2.1 and C.2.2.2.4, has that for names of persons only.'),
  entry(/PatientID=P-000%3F$/, /^found only here$/, 'A question mark is any character (PS3.4, section C.2.2.2.4), and Orthanc finds nothing by it.'),
  entry(/(StudyID|ReferringPhysicianName)=\*$/, /^found only here$/, 'A star is anything, also nothing (PS3.4, sections C.2.2.2.3 and C.2.2.2.4): Orthanc leaves out studies that do not have the attribute.'),
  entry(/StudyDate=-20031231$/, /^found only there$/, 'A study without a date is none before a date (PS3.4, section C.2.2.2.5.1); Orthanc finds it.'),
  entry(/(StudyDate=2026-01-05|StudyInstanceUID=1\.x)$/, /^status 400, theirs 200 of nothing$/, 'A value that is none of its attribute is a 400 (section 8.3).'),
  entry(/ModalitiesInStudy=CT%5CMR$/, /^found only here$/, 'The standard has lists of UIDs only; both take commas here for a list of modalities, we also a backslash.'),
  entry(/StudyInstanceUID=\{ct\}%5C1\.2\.3$/, /^found only here$/, 'A list of UIDs may have backslashes between (PS3.4, section C.2.2.2.2); Orthanc takes commas.'),
  entry(/studies\?Modality=CT$/, /^found only here$/, 'Modality is none of a study; we take it for that of one of its series, because clients ask so.'),
  entry(/InstanceNumber=03$/, /^found only here$/, 'A number is compared as a number here, and as a text in Orthanc.'),
  entry(/ScheduledProcedureStepID=none$/, /^(status 204, theirs 200|found only there)$/, 'Orthanc does not look into sequences, and answers as if nothing were asked (section 8.3.4.1: it shall).'),
  entry(/limit=2/, /^found only (here|there)$/, 'The order of results is the server\'s (section 8.3.4.4.1): the newest study first here.'),
  entry(/limit=0$/, /^(status 204, theirs 200|found only there)$/, 'Whoever asks for nothing gets nothing (section 8.3.4.4.1); Orthanc answers everything.'),
  entry(/offset=-1$/, /^status 400, theirs 500$/, 'A value that is none of its parameter is a 400 (section 8.3).'),
  entry(/NoSuchAttribute=1$/, /^(status 400, theirs 200|found only there)$/, 'Orthanc is right: what a server does not support it shall ignore (section 8.3). We refuse what is written like an attribute, because a condition that is misspelt would show what nobody asked for.'),
  entry(/1\.2\.3\.4/, /^status 404, theirs 200 of nothing$/, 'Below a study that is not there, there is nothing to search (section 8.5); that nothing is found would be no fault either.'),
  entry(/studies\/1\.x\/series$/, /^status 400, theirs 200 of nothing$/, 'What is no UID is a 400 (section 8.5).'),
];

/** Of what instances say. */
export const IN_METADATA = [
  entry(/./, /^00080005 (only here|is \["ISO_IR 192"\], theirs \["ISO_IR 100"\])$/, 'DICOM JSON is UTF-8 (section F.2), and the data set says so here; Orthanc says what the file was in.'),
  entry(/^(jpeg2000|jpeg|rle)$/, /^7FE00010 only here$/, 'Orthanc leaves out pixels that are compressed; metadata has every attribute (section 10.4.1.1.2), long ones by their URI.'),
];

const AN_IMAGE = /^(jpeg2000|jpeg|rle|colour|dose|palette|overlay|ct1)\//;
const NO_IMAGE = /^(ecg|report)\//;

/** Of frames and pictures. */
export const IN_FRAMES = [
  entry(AN_IMAGE, /^status 404, theirs (400|500)$/, 'A frame that an instance does not have is a resource that is not there (section 8.5); Orthanc says that the request is wrong.'),
  entry(NO_IMAGE, /^status 404, theirs (400|500)$/, 'An instance without pixels has neither frames nor pictures (section 8.5); Orthanc says that the request is wrong, or fails.'),
  entry(/^jpeg\/frames\/(1|last|1,last)$/, /^other bytes$/, 'Its metadata says YBR_FULL, and so are the samples here; Orthanc makes RGB of them (the standard does not say).'),
  entry(/^jpeg2000\/frames\/(1|last|1,last)$/, /^status 200, theirs 500$/, 'Whoever names no transfer syntax asks for uncompressed frames (section 8.7.3), and Orthanc does not decode JPEG 2000.'),
  entry(/^(jpeg2000|dose)\/(frames\/(1|last)\/)?rendered$/, /^status 200, theirs 400$/, 'Each frame has a picture (section 10.4.1.1.3); Orthanc reads neither JPEG 2000 nor pixels of 32 bits.'),
];

/** Of what is refused. */
export const REFUSED = [
  entry(/^\/studies\/(1\.x|1\.1\.1.*)(\/metadata)?$/, /^status 400, theirs 404$/, 'What is no UID is a 400 (section 8.5); to look for it finds nothing either.'),
  entry(/\/thumbnail$/, /^status 200, theirs 404$/, 'Orthanc has no thumbnails (section 10.4.1.1.4).'),
  entry(/^\/studies as text\/html$/, /^status 406, theirs 200$/, 'Nothing of what is accepted is a 406 (section 8.7.8.1); Orthanc answers JSON all the same.'),
  entry(/^\/studies as application\/dicom\+xml$/, /^status 406, theirs 200$/, 'Several data sets are parts, each of them XML (section 8.7.3.2): one alone is not acceptable (section 8.7.8.1). Orthanc answers JSON all the same.'),
  entry(/^\/studies as multipart\/related; type="application\/dicom\+xml"$/, /^as multipart\/related; .*, theirs application\/dicom\+json$/, 'A server shall have XML (section 8.7.3.2); Orthanc has it of metadata only, and answers JSON here.'),
  entry(/^\{ct1\} as application\/dicom$/, /^status 200, theirs 400$/, 'One instance may be answered alone (section 10.4.4); Orthanc answers it as a part.'),
  entry(/^\{ct1\} as \*\/\*$/, /^as application\/dicom; .*, theirs multipart\/related; /, 'Whoever takes everything leaves the choice to the server; one instance is answered alone here.'),
  entry(/^\{ct1\}(\/rendered)? as image\//, /^status 406, theirs 400$/, 'Nothing of what is accepted is a 406 (section 8.7.8.1).'),
  entry(/^\{ct1\} as .*4\.70$/, /^status 406, theirs 200$/, 'Orthanc compresses anew; nothing is here, and a 406 names the transfer syntax that there is (section 8.7.8.1).'),
  entry(/^\{jpeg2000\} as multipart/, /^status 200, theirs 500$/, 'Nobody is right: whoever names no transfer syntax asks for Explicit VR Little Endian (section 8.7.3). We answer what is stored, because viewers want it, and Orthanc fails.'),
  entry(/^\{jpeg\} as multipart/, /^transfer syntax 1\.2\.840\.10008\.1\.2\.4\.50, theirs 1\.2\.840\.10008\.1\.2\.1$/, 'Orthanc is right: whoever names no transfer syntax asks for Explicit VR Little Endian (section 8.7.3). We answer what is stored, because viewers want it.'),
  entry(/type="application\/dicom": "x"$/, /^status 400, theirs 415$/, 'A multipart body has a boundary (RFC 2046, section 5.1.1): without one the request is wrong (section 10.5.3.1), not its type.'),
  entry(/"no part"$/, /^status 400, theirs 200$/, 'A body without a part stores nothing, which is a fault of the request (section 10.5.3.1); Orthanc answers success.'),
  entry(/no file/, /^status 409, theirs 400$/, 'If no instance can be stored, the answer is a 409 that says why of each (section 10.5.3.1); Orthanc refuses the whole request.'),
];
