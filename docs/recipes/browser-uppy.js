// Uppy 6 with @uppy/aws-s3: Uppy talks to the bucket itself, Filmroom signs each of its requests.
//
//   const uppy = filmroomUppy('https://…/api/v1', () => token)
//   uppy.use(Dashboard, …)          // or uppy.addFile(…), uppy.upload()

import Uppy from '@uppy/core';
import AwsS3 from '@uppy/aws-s3';

/** Up to here a file is one PUT, above it is sent in parts, as POST /uploads has it. */
const SINGLE_PUT = 16 * 1024 * 1024;

/** An Uppy that uploads to Filmroom. Fields of POST /uploads (`patient_id`, …) are taken from a file's `meta.fields`. */
export function filmroomUppy(api, token, options = {}) {
  async function call(method, path, body) {
    const headers = { accept: 'application/json', authorization: `Bearer ${token()}`, 'content-type': 'application/json' };
    const answer = await fetch(api + path, { method, headers, body: JSON.stringify(body) });
    const json = await answer.json();
    if (!answer.ok) throw new Error(json.message);
    return json;
  }

  const uppy = new Uppy(options);
  // A record for every file before its bytes move. What it is called in the bucket is kept with the file, also over a refresh.
  uppy.addPreProcessor(async (ids) => {
    for (const file of uppy.getFilesByIds(ids).filter(({ meta }) => !meta.key)) {
      const begun = await call('POST', '/uploads', { filename: file.name, size: file.size, ...file.meta.fields });
      const { id, storage_path: key } = begun.file;
      uppy.setFileMeta(file.id, { id, key, part_size: begun.upload.part_size });
    }
  });
  return uppy.use(AwsS3, {
    shouldUseMultipart: (file) => file.size > SINGLE_PUT,
    // Parts must be cut as the record says: files of one size are cut alike.
    getChunkSize: ({ size }) => uppy.getFiles().find((file) => file.size === size && file.meta.part_size).meta.part_size,
    generateObjectKey: (file) => file.meta.key,
    // Nothing of the page's own goes to the bucket.
    allowedMetaFields: false,
    signRequest: ({ method, key, uploadId, partNumber }) => {
      const { id } = uppy.getFiles().find((file) => file.meta.key === key).meta;
      return call('POST', `/uploads/${id}/sign`, { method, upload_id: uploadId, part_number: partNumber });
    },
  });
}
