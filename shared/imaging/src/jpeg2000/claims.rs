//! What a codestream claims before its first bit of data: the size of its picture, and how finely it is cut.
//!
//! A decoder keeps notes for every tile, resolution, precinct, code-block and layer before it reads any of them, and the
//! standard lets 200 bytes ask for millions. So the notes are added up here, from above, and count towards what a picture
//! may take. Their sizes are those of `OpenJPEG` 2.5 on a 64-bit machine (`j2k.h`, `tcd.h`, `pi.h`), its `malloc` included.

use crate::Limits;

/// A tile's parameters and their place in the index (`opj_tcp_t`, `opj_tile_index_t`), kept for all tiles at once.
const TILE: u64 = 10 << 10;
/// The parameters of one component in them (`opj_tccp_t`).
const TILE_COMPONENT: u64 = 1_200;
/// A resolution with its subbands (`opj_tcd_resolution_t`), and one in each of up to 33 progressions (`opj_pi_resolution_t`).
const RESOLUTION: u64 = 300 + 33 * 16;
/// A precinct of one subband with the roots of its two tag trees (`opj_tcd_precinct_t`, `opj_tgt_tree_t`).
const PRECINCT: u64 = 220;
/// A code-block with its first ten segments and its nodes in the tag trees (`opj_tcd_cblk_dec_t`, `opj_tcd_seg_t`).
const CODE_BLOCK: u64 = 480;
/// Whether a packet was seen (`include` of `opj_pi_iterator_t`).
const PACKET: u64 = 2;

/// More packets than a picture has. Each is a byte of its codestream at least (T.800 B.10.3), but `OpenJPEG` looks for all that are
/// claimed, also where the data has ended: 16 million take it a second.
const MOST_PACKETS: u64 = 1 << 24;

/// What is known of a codestream once its headers are read.
pub(crate) struct Claims {
    pub(crate) width: u32,
    pub(crate) height: u32,
    components: u64,
    /// Width and height of a tile within the picture.
    tile: (u32, u32),
    tiles: u64,
    /// Resolution levels that can be left out, of the first coding style.
    levels: Option<u8>,
    layers: u64,
    /// Whether the decoder makes red, green and blue of the first three components (T.800 table A.17, annex G).
    pub(crate) has_colour_transformation: bool,
    /// Of the coding style that costs the most, for one tile.
    notes: u64,
    packets_of_a_layer: u64,
}

impl Claims {
    /// Reads the codestream in `bytes`, which may stand in a JP2 container.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        // SOC followed by SIZ.
        let start = bytes
            .windows(4)
            .position(|window| window == [0xFF, 0x4F, 0xFF, 0x51])?;
        let mut headers = Headers {
            rest: bytes.get(start + 2..)?,
            is_main: true,
            tile_part: None,
        };
        let (_, siz) = headers.next()?;
        let mut claims = Self::of_size(siz)?;
        for (marker, segment) in headers {
            claims.add(marker, segment);
        }
        Some(claims)
    }

    /// SIZ (T.800 A.5.1), from `Rsiz` on.
    fn of_size(siz: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_be_bytes(*siz.get(at..)?.first_chunk()?));
        let (right, bottom) = (word(2)?, word(6)?);
        let (width, height) = (
            right.checked_sub(word(10)?)?,
            bottom.checked_sub(word(14)?)?,
        );
        let tile = (word(18)?.max(1), word(22)?.max(1));
        let columns = right.checked_sub(word(26)?)?.div_ceil(tile.0);
        let rows = bottom.checked_sub(word(30)?)?.div_ceil(tile.1);
        Some(Self {
            width,
            height,
            components: u16::from_be_bytes(*siz.get(34..)?.first_chunk()?).into(),
            tile: (tile.0.min(width), tile.1.min(height)),
            tiles: u64::from(columns) * u64::from(rows),
            levels: None,
            layers: 0,
            has_colour_transformation: false,
            notes: 0,
            packets_of_a_layer: 0,
        })
    }

    /// Takes the coding styles of the whole picture, of a tile, or of a component of either into account.
    fn add(&mut self, marker: u8, segment: &[u8]) {
        // Where it says whether precincts are given, and where the style begins.
        let (flags, start) = match marker {
            COD => (0, 5),
            COC if self.components < 257 => (1, 2),
            COC => (2, 3),
            _ => return,
        };
        let style = segment.split_at_checked(start);
        let Some(style) = style.and_then(|(said, style)| Style::read(style, said[flags] & 1 == 1))
        else {
            return;
        };
        if let (COD, Some(layers)) = (marker, segment.get(2..4).and_then(<[u8]>::first_chunk)) {
            self.layers = self.layers.max(u16::from_be_bytes(*layers).into());
        }
        if (marker, self.levels) == (COD, None) {
            self.has_colour_transformation = segment.get(4) == Some(&1);
        }
        self.levels.get_or_insert(style.levels);
        let (notes, most_precincts) = style.cost(self.tile);
        self.notes = self.notes.max(notes.saturating_mul(self.components));
        let resolutions = u64::from(style.levels) + 1;
        let packets = most_precincts.saturating_mul(resolutions * self.components);
        self.packets_of_a_layer = self.packets_of_a_layer.max(packets);
    }

    pub(super) fn is_too_large(&self, limits: &Limits) -> bool {
        let pixels = u64::from(self.width) * u64::from(self.height);
        // The decoder computes with 32 bits a sample.
        let samples = pixels.saturating_mul(self.components * 4);
        let tiles = self
            .tiles
            .saturating_mul(TILE + self.components * TILE_COMPONENT);
        let packets = self.packets_of_a_layer.saturating_mul(self.layers + 1);
        let seen = packets.saturating_mul(PACKET);
        let bytes = [samples, tiles, self.notes, seen]
            .into_iter()
            .fold(0, u64::saturating_add);
        pixels > limits.max_pixels
            || bytes > limits.max_decoded_bytes
            || packets.saturating_mul(self.tiles) > MOST_PACKETS
    }

    /// How often the sides can be halved before the long one falls below `wanted`.
    pub(crate) fn reduction(&self, wanted: u32) -> u32 {
        let long = self.width.max(self.height);
        (0..=u32::from(self.levels.unwrap_or_default()))
            .rev()
            .find(|&level| long.checked_shr(level).unwrap_or(0) >= wanted)
            .unwrap_or(0)
    }
}

/// How a component of a tile is cut (T.800 tables A.15 and A.20).
struct Style<'a> {
    levels: u8,
    /// Binary logarithms of the sides of a code-block.
    code_block: (u32, u32),
    /// The same of the precincts, one byte for each resolution from the smallest on.
    precincts: Option<&'a [u8]>,
}

impl<'a> Style<'a> {
    fn read(bytes: &'a [u8], has_precincts: bool) -> Option<Self> {
        let (&[levels, width, height, _, _], precincts) = bytes.split_first_chunk()?;
        (levels <= 32).then_some(Self {
            levels,
            code_block: (u32::from(width & 15) + 2, u32::from(height & 15) + 2),
            precincts: has_precincts.then_some(precincts),
        })
    }

    /// At most how many bytes of notes one component of a `tile` takes, and how many precincts its largest resolution has.
    fn cost(&self, tile: (u32, u32)) -> (u64, u64) {
        let mut notes = 0_u64;
        let mut most_precincts = 0;
        for resolution in 0..=self.levels {
            let level = u32::from(self.levels - resolution);
            let byte = self.precincts.map_or(0xFF, |sizes| {
                sizes.get(usize::from(resolution)).copied().unwrap_or(0)
            });
            // The smallest resolution is one subband; every other adds three of half the sides.
            let (bands, halved) = if resolution == 0 { (1, 0) } else { (3, 1) };
            // Along one side: the precincts, and the code-blocks of one subband.
            let cells = |side: u32, precinct: u8, code_block: u32| {
                let length = u64::from(side).div_ceil(1 << level);
                let precinct = u32::from(precinct);
                let code_block = code_block.min(precinct.saturating_sub(halved));
                (
                    touched(length, precinct),
                    touched(length.div_ceil(1 << halved), code_block),
                )
            };
            let across = cells(tile.0, byte & 15, self.code_block.0);
            let down = cells(tile.1, byte >> 4, self.code_block.1);
            let precincts = across.0.saturating_mul(down.0);
            let blocks = across.1.saturating_mul(down.1);
            let band = precincts
                .saturating_mul(PRECINCT)
                .saturating_add(blocks.saturating_mul(CODE_BLOCK));
            notes = notes
                .saturating_add(band.saturating_mul(bands))
                .saturating_add(RESOLUTION);
            most_precincts = most_precincts.max(precincts);
        }
        (notes, most_precincts)
    }
}

/// How many cells of a grid, their sides 2 to the power of `exponent`, a line of `length` touches at most.
fn touched(length: u64, exponent: u32) -> u64 {
    match length.checked_sub(1) {
        Some(rest) => rest.div_ceil(1 << exponent) + 1,
        None => 0,
    }
}

/// Coding style default and coding style component (T.800 A.6.1, A.6.2).
const COD: u8 = 0x52;
const COC: u8 = 0x53;
/// Start of a tile-part, and of its data (T.800 A.4.2, A.4.3).
const SOT: u8 = 0x90;
const SOD: u8 = 0x93;

/// The markers that `OpenJPEG` 2.5 knows in a main header (`j2k.c`, `j2k_memory_marker_handler_tab`): CAP, SIZ, COD, COC, TLM, PLM, PLT,
/// CPF, QCD, QCC, RGN, POC, PPM, PPT, CRG, COM, MCT, MCC, MCO, CBD, SOT, SOP.
const KNOWN: [u8; 22] = [
    0x50, 0x51, COD, COC, 0x55, 0x57, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x61, 0x63, 0x64,
    0x74, 0x75, 0x77, 0x78, SOT, 0x91,
];

/// The marker segments of the main header and of those of the tile-parts, without their lengths.
struct Headers<'a> {
    rest: &'a [u8],
    /// Whether no tile-part has begun.
    is_main: bool,
    /// The tile-part whose header is read, from its SOT on, and its length.
    tile_part: Option<(&'a [u8], usize)>,
}

impl<'a> Iterator for Headers<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&[prefix, marker], segment) = self.rest.split_first_chunk()?;
            if prefix != 0xFF {
                return None;
            }
            if marker == SOD && !self.is_main {
                // On to the next tile-part, never back. The length 0 is that of the last one.
                let (start, length) = self.tile_part.take()?;
                let read = start.len() - segment.len();
                self.rest = start.get(length..).filter(|_| length >= read)?;
                continue;
            }
            if self.is_main && !KNOWN.contains(&marker) {
                // The decoder does not skip the segment by its length: it looks at every two bytes for a marker it knows.
                let mut pairs = segment.chunks_exact(2);
                let at = pairs.position(|pair| pair[0] == 0xFF && KNOWN.contains(&pair[1]))?;
                self.rest = &segment[2 * at..];
                continue;
            }
            let length = usize::from(u16::from_be_bytes(*segment.first_chunk()?));
            let content = segment.get(2..length)?;
            if marker == SOT {
                let length = u32::from_be_bytes(*content.get(2..)?.first_chunk()?);
                self.is_main = false;
                self.tile_part = Some((self.rest, usize::try_from(length).ok()?));
            }
            self.rest = segment.get(length..)?;
            return Some((marker, content));
        }
    }
}
