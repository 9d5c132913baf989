import { IconFile, IconPhoto, IconPhotoOff, IconRadioactive } from '@tabler/icons-react';
import { useState } from 'react';
import type { ImageFile } from '../api/types';
import classes from './Thumbnail.module.css';

/** The picture in a box of fixed shape, so that nothing moves when it arrives. */
export function Thumbnail({ file }: { file: ImageFile }) {
  const [broken, setBroken] = useState<string | null>(null);
  const url = file.thumbnail_url;
  return (
    <span className={classes['box']}>
      {url !== null && broken !== url ? (
        <img
          src={url}
          alt=""
          width={256}
          height={256}
          loading="lazy"
          decoding="async"
          onError={() => setBroken(url)}
        />
      ) : (
        <Placeholder file={file} />
      )}
    </span>
  );
}

function Placeholder({ file }: { file: ImageFile }) {
  const Icon =
    file.status === 'FAILED'
      ? IconPhotoOff
      : file.file_type === 'DICOM'
        ? IconRadioactive
        : file.file_type === 'OTHER'
          ? IconFile
          : IconPhoto;
  return (
    <span className={classes['placeholder']} data-moving={file.status === 'PROCESSING' || undefined}>
      <Icon size={40} stroke={1.2} aria-hidden />
    </span>
  );
}
