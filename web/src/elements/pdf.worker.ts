/** Reads a PDF apart from the page: what is in it may have been written to harm. */
import 'pdfjs-dist/legacy/build/pdf.worker.min.mjs';
