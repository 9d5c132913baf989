//! Which directory of a TIFF file is the picture.

use imaging::fixtures::{TiffPage, TiffTag, scene, tiff_of};

use crate::{disc_and_corner, inspect, picture};

/// `NewSubfileType`.
const KIND: u16 = 254;

fn page(width: u32, height: u32) -> TiffPage {
    TiffPage::gray(width, height, scene(width, height, 1))
}

/// A page one recognises when it is shown by mistake.
fn black(width: u32, height: u32) -> TiffPage {
    TiffPage::gray(width, height, vec![0; (width * height) as usize])
}

fn kind(page: TiffPage, kind: u32) -> TiffPage {
    page.with(TiffTag::long(KIND, &[kind]))
}

#[track_caller]
fn assert_shown(pages: &[TiffPage], size: (u32, u32)) {
    let picture = picture(inspect(&tiff_of(pages)));
    assert_eq!((picture.width, picture.height), size);
    let (disc, corner) = disc_and_corner(&picture.preview);
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}

#[test]
fn a_second_page_of_the_same_shape_is_no_level_of_the_first() {
    assert_shown(&[page(2400, 1800), black(1200, 900)], (2400, 1800));
    let tiled = [page(2400, 1800).tiled(256), black(1200, 900).tiled(256)];
    assert_shown(&tiled, (2400, 1800));
    // 2: a page of several.
    let said = [kind(page(2400, 1800), 2), kind(black(1200, 900), 2)];
    assert_shown(&said, (2400, 1800));
}

#[test]
fn a_thumbnail_that_comes_first_is_not_the_picture() {
    assert_shown(&[kind(black(160, 120), 1), page(800, 600)], (800, 600));
    // As the tag of old said it: 2, reduced.
    let old = black(160, 120).with(TiffTag::short(255, &[2]));
    assert_shown(&[old, page(800, 600)], (800, 600));
}

#[test]
fn a_picture_below_its_thumbnail_is_found() {
    let thumbnail = TiffPage {
        sub_pages: vec![kind(page(800, 600), 0)],
        ..kind(black(160, 120), 1)
    };
    assert_shown(&[thumbnail], (800, 600));
}

#[test]
fn a_mask_is_not_the_picture() {
    assert_shown(&[kind(black(800, 600), 4), page(800, 600)], (800, 600));
    assert_shown(&[kind(black(160, 120), 5), page(800, 600)], (800, 600));
    let transparency = TiffPage {
        photometric: 4,
        ..black(800, 600)
    };
    assert_shown(&[transparency, page(800, 600)], (800, 600));
}

#[test]
fn a_reduced_version_of_nothing_is_shown() {
    assert_shown(&[kind(page(160, 120), 1)], (160, 120));
}

#[test]
fn levels_of_a_slide_are_used_though_they_do_not_say_what_they_are() {
    let name = |page: TiffPage| page.with(TiffTag::text(270, "Aperio Image Library"));
    let slide = [
        name(black(4800, 3600).tiled(256)),
        // Its thumbnail, which is not tiled, and too small.
        name(black(600, 450)),
        name(page(1200, 900).tiled(256)),
    ];
    assert_shown(&slide, (4800, 3600));
}

#[test]
fn of_a_picture_beyond_all_limits_a_level_of_the_same_shape_is_shown() {
    let huge = TiffPage {
        width: 120_000,
        height: 90_000,
        ..black(16, 16).tiled(16)
    };
    assert_shown(&[huge, page(1200, 900).tiled(256)], (120_000, 90_000));
}

#[test]
fn a_picture_nobody_reads_is_shown_by_its_reduced_version() {
    let raw = TiffPage {
        // LERC.
        compression: 34_887,
        sub_pages: vec![kind(page(320, 240), 1)],
        ..black(1600, 1200)
    };
    assert_shown(&[raw], (1600, 1200));
}

#[test]
fn a_directory_that_leads_to_millions_of_others_costs_little() {
    let begin = std::time::Instant::now();
    let page = page(40, 30)
        .with(TiffTag::long(330, &vec![8; 1 << 20]))
        // And which claims to be of a million kinds.
        .with(TiffTag::long(KIND, &vec![0; 1 << 20]));
    assert_shown(&[page], (40, 30));
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
}
