import { Button } from '@mantine/core';
import { IconCloudUpload, IconFolder, IconPhotoPlus } from '@tabler/icons-react';
import { useRef, type ChangeEvent } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './DropZone.module.css';
import { chosenFiles, type ChosenFile } from './folder';

interface Props {
  /** Files are there already: the list needs the room. */
  small: boolean;
  onFiles: (files: ChosenFile[]) => void;
}

/** Where files are chosen. Dropping works on the whole page ({@link DropAnywhere}); this says so. */
export function DropZone({ small, onFiles }: Props) {
  const { t } = useTranslation();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    onFiles(chosenFiles(event.currentTarget.files ?? []));
    // Choosing the same file once more must fire again.
    event.currentTarget.value = '';
  };
  return (
    <div className={classes['zone']} data-small={small || undefined}>
      <IconCloudUpload size={48} stroke={1.3} aria-hidden />
      <strong>{t('upload.drop')}</strong>
      <span className="quiet">{t('upload.dropHint')}</span>
      <div className={classes['buttons']}>
        <Button leftSection={<IconPhotoPlus size={18} />} onClick={() => files.current?.click()}>
          {t('upload.chooseFiles')}
        </Button>
        <Button
          variant="default"
          leftSection={<IconFolder size={18} />}
          onClick={() => folder.current?.click()}
        >
          {t('upload.chooseFolder')}
        </Button>
      </div>
      <input ref={files} type="file" multiple hidden aria-label={t('upload.chooseFiles')} onChange={take} />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label={t('upload.chooseFolder')}
        onChange={take}
        {...{ webkitdirectory: '' }}
      />
    </div>
  );
}
