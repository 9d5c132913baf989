//! Where an image lies in its stack: its place along the normal of its plane (PS3.3 C.7.6.2.1.1).

use serde::{Deserialize, Serialize};

/// The plane that an image is nearest to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Plane {
    /// Across the body: its normal runs from feet to head.
    Transverse,
    /// Along the front of the body.
    Coronal,
    /// Along its side.
    Sagittal,
}

/// The place of an image among those that are parallel to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    #[expect(missing_docs, reason = "the name says it")]
    pub plane: Plane,
    /// Image Position (Patient) along the normal, in hundredths of a millimetre: finer than any slice, and coarser than what is lost when a
    /// product is rounded, so that images of one place have one number.
    pub along: i64,
}

/// Further away than this, in millimetres, is no place in a patient.
const FARTHEST: f64 = 1e9;
/// A normal this short comes from no plane.
const SHORTEST: f64 = 1e-6;

impl Position {
    /// The place of an image whose upper left corner is `corner`, and whose rows and columns have these directions; `None` if that is no place.
    pub(crate) fn new(corner: [f64; 3], directions: [f64; 6]) -> Option<Self> {
        let [row_x, row_y, row_z, column_x, column_y, column_z] = directions;
        let normal = [
            row_y * column_z - row_z * column_y,
            row_z * column_x - row_x * column_z,
            row_x * column_y - row_y * column_x,
        ];
        let length = normal.iter().map(|part| part * part).sum::<f64>().sqrt();
        if !length.is_finite() || length < SHORTEST {
            return None;
        }
        let product = corner.iter().zip(normal).map(|(at, part)| at * part);
        let along = product.sum::<f64>() / length;
        if !along.is_finite() || along.abs() > FARTHEST {
            return None;
        }
        let [x, y, z] = normal.map(f64::abs);
        let plane = if z >= x && z >= y {
            Plane::Transverse
        } else if y >= x {
            Plane::Coronal
        } else {
            Plane::Sagittal
        };
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        let along = (along * 100.0).round() as i64;
        Some(Self { plane, along })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSVERSE: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    const CORONAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0];
    const SAGITTAL: [f64; 6] = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];

    #[test]
    fn a_place_is_the_corner_along_the_normal() {
        let tilted = [1.0, 0.0, 0.0, 0.0, 0.8, 0.6];
        for (corner, directions, plane, along) in [
            ([-100.0, -120.0, 42.5], TRANSVERSE, Plane::Transverse, 4250),
            ([-100.0, -120.0, -0.0], TRANSVERSE, Plane::Transverse, 0),
            ([-100.0, 31.25, 9.0], CORONAL, Plane::Coronal, 3125),
            ([7.0, 1.0, 2.0], SAGITTAL, Plane::Sagittal, -700),
            ([0.0, -6.0, 8.0], tilted, Plane::Transverse, 1000),
            // Directions of any length: some devices do not write unit vectors.
            (
                [0.0, 0.0, 5.0],
                TRANSVERSE.map(|part| part * 3.0),
                Plane::Transverse,
                500,
            ),
            // What a product loses does not make two places of one.
            (
                [0.0, 0.0, 10.000_000_001],
                TRANSVERSE,
                Plane::Transverse,
                1000,
            ),
        ] {
            let position = Position::new(corner, directions);
            assert_eq!(
                position,
                Some(Position { plane, along }),
                "{corner:?} {directions:?}"
            );
        }
    }

    #[test]
    fn what_is_no_place_has_none() {
        let corner = [0.0, 0.0, 1.0];
        for (corner, directions) in [
            (corner, [0.0; 6]),
            (corner, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
            (corner, [f64::NAN; 6]),
            (corner, [f64::MAX; 6]),
            ([0.0, 0.0, f64::NAN], TRANSVERSE),
            ([0.0, 0.0, f64::INFINITY], TRANSVERSE),
            ([0.0, 0.0, 1e300], TRANSVERSE),
        ] {
            assert_eq!(
                Position::new(corner, directions),
                None,
                "{corner:?} {directions:?}"
            );
        }
    }
}
