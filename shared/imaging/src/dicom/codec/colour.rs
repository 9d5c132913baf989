//! Which colours the three components of a codestream are: what it says of itself against what the header says. One
//! table, because no two writers agree.
//!
//! | codestream | it says | colours |
//! |---|---|---|
//! | any | its decoder has undone a transformation: MCT of JPEG 2000 (T.800 annex G), XYB or YCbCr of JPEG XL | RGB |
//! | JPEG with DCT, JPEG 2000 | components of different sizes | YCbCr: nobody stores red finer than green and blue |
//! | JPEG | the components are called `R`, `G`, `B` | RGB (libjpeg) |
//! | JPEG with DCT | a JFIF marker | YCbCr (T.871 6.1) |
//! | JPEG with DCT | an Adobe marker | RGB if its transform is 0, otherwise YCbCr (T.872 6.5.3) |
//! | JPEG with DCT | nothing | as the header says; the range is the full one (PS3.5 8.2.1) |
//! | JPEG, lossless | a JFIF or Adobe marker | as the header says: toolkits write them without thinking, and a transformation would not be lossless (PS3.5 8.2.1, DCMTK) |
//! | JPEG 2000 in a container | `colr` is sYCC (T.800 I.5.3.3) | YCbCr |
//! | JPEG 2000 | MCT is 0 and the header says `YBR_ICT` or `YBR_RCT` | YCbCr: the writer transformed the colours and nobody undoes it (Aperio) |
//! | JPEG-LS, run lengths, JPEG XL | nothing | as the header says; `YBR_ICT`, `YBR_RCT` and `XYB` are names that were left behind by a conversion: RGB |

use crate::dicom::layout::Photometric;

/// What a codestream says of its three components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    /// The decoder gives RGB whatever was stored.
    Undone,
    /// Luminance and colour differences of the full range.
    Ybr,
    /// Red, green and blue.
    Rgb,
    /// Nothing, but the process works on luminance and colour differences as a rule (JPEG with DCT).
    RatherYbr,
    /// Nothing; of JPEG 2000 this means that MCT is 0.
    Jpeg2000Silent,
    /// Nothing.
    Silent,
}

/// What three components are, of which the codestream and the header say something.
pub(super) fn decide(stream: Colours, header: Photometric) -> Photometric {
    use Photometric::{Rgb, YbrFull, YbrIct, YbrPartial, YbrRct};
    match (stream, header) {
        (Colours::Undone | Colours::Rgb, _) | (Colours::RatherYbr, Rgb) => Rgb,
        (Colours::Ybr | Colours::RatherYbr, _)
        | (Colours::Jpeg2000Silent, YbrIct | YbrRct)
        | (_, YbrFull) => YbrFull,
        (_, YbrPartial) => YbrPartial,
        _ => Rgb,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_decides_what_three_components_are() {
        use Colours::{Jpeg2000Silent, RatherYbr, Silent, Undone, Ybr};
        use Photometric::{Rgb, Xyb, YbrFull, YbrIct, YbrPartial, YbrRct};
        for (stream, header, colours) in [
            (Undone, YbrFull, Rgb),
            (Undone, YbrIct, Rgb),
            (Ybr, Rgb, YbrFull),
            (Colours::Rgb, YbrFull, Rgb),
            (RatherYbr, Rgb, Rgb),
            (RatherYbr, YbrPartial, YbrFull),
            (RatherYbr, YbrIct, YbrFull),
            (RatherYbr, Photometric::Monochrome2, YbrFull),
            (Jpeg2000Silent, YbrIct, YbrFull),
            (Jpeg2000Silent, YbrRct, YbrFull),
            (Jpeg2000Silent, Rgb, Rgb),
            (Jpeg2000Silent, YbrPartial, YbrPartial),
            (Silent, YbrFull, YbrFull),
            (Silent, YbrRct, Rgb),
            (Silent, Xyb, Rgb),
        ] {
            assert_eq!(decide(stream, header), colours, "{stream:?} {header:?}");
        }
    }
}
