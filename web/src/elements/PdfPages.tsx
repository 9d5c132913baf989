import { ActionIcon, Loader } from '@mantine/core';
import { IconZoomIn, IconZoomOut } from '@tabler/icons-react';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { openPdf, type Pdf } from './pdf';
import classes from './PdfPages.module.css';

const ZOOMS = [1, 1.5, 2, 3];
/** Of a very fine screen not every dot is drawn: a page takes 4 bytes for each. */
const FINEST = 2;

/** All pages of a PDF below one another. Only those that are in view, or near to it, are drawn. */
export function PdfPages({
  bytes,
  title,
  onFailed,
}: {
  bytes: Uint8Array;
  title: string;
  onFailed: () => void;
}) {
  const { t } = useTranslation();
  const pdf = usePdf(bytes, onFailed);
  const { ref, width } = useElementSize();
  const [zoom, setZoom] = useState(0);
  const scroll = useRef<HTMLDivElement>(null);
  const wide = Math.floor(width * (ZOOMS[zoom] ?? 1));
  return (
    <section className={classes['document']} aria-label={title}>
      <div className={classes['tools']}>
        <span className="quiet">{pdf && t('documents.pages', { count: pdf.numPages })}</span>
        <ActionIcon
          variant="default"
          aria-label={t('documents.smaller')}
          disabled={zoom === 0}
          onClick={() => setZoom(zoom - 1)}
        >
          <IconZoomOut size={17} />
        </ActionIcon>
        <ActionIcon
          variant="default"
          aria-label={t('documents.larger')}
          disabled={zoom === ZOOMS.length - 1}
          onClick={() => setZoom(zoom + 1)}
        >
          <IconZoomIn size={17} />
        </ActionIcon>
      </div>
      <div ref={scroll} className={classes['pages']} tabIndex={0} role="group" aria-label={title}>
        <div ref={ref} className={classes['measure']} />
        {!pdf && <Loader className={classes['loader']} />}
        {pdf &&
          wide > 0 &&
          Array.from({ length: pdf.numPages }, (_, index) => (
            <Page key={index} pdf={pdf} number={index + 1} width={wide} scroll={scroll} />
          ))}
      </div>
    </section>
  );
}

function usePdf(bytes: Uint8Array, onFailed: () => void): Pdf | null {
  const [pdf, setPdf] = useState<Pdf | null>(null);
  useEffect(() => {
    let close: (() => void) | null = null;
    let isGone = false;
    openPdf(bytes)
      .then((opened) => {
        close = opened.close;
        if (isGone) close();
        else setPdf(opened.pdf);
      })
      .catch(() => !isGone && onFailed());
    return () => {
      isGone = true;
      setPdf(null);
      close?.();
    };
  }, [bytes, onFailed]);
  return pdf;
}

interface PageProps {
  pdf: Pdf;
  number: number;
  width: number;
  scroll: RefObject<HTMLDivElement | null>;
}

/** What a page is taken for before it is known: A4. */
const A4 = 297 / 210;

function Page({ pdf, number, width, scroll }: PageProps) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const isNear = useNear(place, scroll);
  const [ratio, setRatio] = useState(A4);
  const [failed, setFailed] = useState(false);
  /** What stands on it, once it is drawn. */
  const [words, setWords] = useState<string | null>(null);
  useEffect(() => {
    const target = canvas.current;
    if (!isNear || !target) return;
    let isGone = false;
    let stop: () => void = () => undefined;
    const draw = async () => {
      const page = await pdf.getPage(number);
      if (isGone) return;
      const { width: own, height } = page.getViewport({ scale: 1 });
      setRatio(height / own);
      const dots = Math.min(window.devicePixelRatio, FINEST);
      const viewport = page.getViewport({ scale: (width * dots) / own });
      target.width = Math.floor(viewport.width);
      target.height = Math.floor(viewport.height);
      const task = page.render({ canvas: target, viewport });
      stop = () => task.cancel();
      await task.promise;
      const { items } = await page.getTextContent();
      if (!isGone) setWords(items.map((item) => ('str' in item ? item.str : '')).join(' '));
    };
    draw().catch(() => !isGone && setFailed(true));
    return () => {
      isGone = true;
      stop();
      // A page that is far away keeps no memory.
      target.width = target.height = 0;
    };
  }, [isNear, pdf, number, width]);
  return (
    <div ref={place} className={classes['page']} style={{ width, height: Math.round(width * ratio) }}>
      <canvas
        ref={canvas}
        className={classes['canvas']}
        data-page={number}
        data-drawn={words !== null || undefined}
        aria-hidden
      />
      {failed && <p className={classes['broken']}>{t('documents.pageNotShown', { number })}</p>}
      <p className="visually-hidden">
        {t('documents.page', { number })} {words}
      </p>
    </div>
  );
}

/** Whether an element is in view, or a screen away. */
function useNear(element: RefObject<HTMLElement | null>, scroll: RefObject<HTMLElement | null>): boolean {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const watch = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting === true), {
      root: scroll.current,
      rootMargin: '100%',
    });
    watch.observe(element.current);
    return () => watch.disconnect();
  }, [element, scroll]);
  return isNear;
}
