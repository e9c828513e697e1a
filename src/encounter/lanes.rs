//! The all-pairs loop in vector lanes, compiled once a vector instruction set and chosen at run time.
//!
//! The only module with `unsafe`: a function compiled for an instruction set may be called only where the machine
//! has it, which the compiler cannot see and [`all_pairs`] checks right before each call.
#![allow(unsafe_code)]

use super::Contact;

/// Positions compared at once; a block's outcome is a mask of so many bits.
const LANES: usize = 16;

/// Appends every pair within the radius, sorted by (a, b).
pub fn all_pairs(x: &[i32], y: &[i32], z: &[i32], radius_cm: u32, pairs: &mut Vec<Contact>) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
            // SAFETY: the features the function is compiled for were detected on the line above.
            return unsafe { x86::all_pairs_avx512(x, y, z, radius_cm, pairs) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { x86::all_pairs_avx2(x, y, z, radius_cm, pairs) };
        }
    }
    all_pairs_in_lanes(x, y, z, radius_cm, pairs);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Contact, all_pairs_in_lanes};

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    pub fn all_pairs_avx512(x: &[i32], y: &[i32], z: &[i32], radius_cm: u32, pairs: &mut Vec<Contact>) {
        all_pairs_in_lanes(x, y, z, radius_cm, pairs);
    }

    #[target_feature(enable = "avx2")]
    pub fn all_pairs_avx2(x: &[i32], y: &[i32], z: &[i32], radius_cm: u32, pairs: &mut Vec<Contact>) {
        all_pairs_in_lanes(x, y, z, radius_cm, pairs);
    }
}

/// The loop itself, inlined into each of the above.
#[inline(always)]
fn all_pairs_in_lanes(x: &[i32], y: &[i32], z: &[i32], radius_cm: u32, pairs: &mut Vec<Contact>) {
    let beyond = radius_cm + 1;
    let within = radius_cm * radius_cm;
    let count = x.len().min(y.len()).min(z.len());
    for a in 0..count {
        let (ax, ay, az) = (x[a], y[a], z[a]);
        let d2_to = |bx: i32, by: i32, bz: i32| {
            let dx = ax.abs_diff(bx).min(beyond);
            let dy = ay.abs_diff(by).min(beyond);
            let dz = az.abs_diff(bz).min(beyond);
            dx * dx + dy * dy + dz * dz
        };
        let mut first = a + 1;
        let (blocks_x, rest_x) = x[first..count].as_chunks::<LANES>();
        let (blocks_y, rest_y) = y[first..count].as_chunks::<LANES>();
        let (blocks_z, rest_z) = z[first..count].as_chunks::<LANES>();
        for ((bx, by), bz) in blocks_x.iter().zip(blocks_y).zip(blocks_z) {
            let mut d2 = [0; LANES];
            for lane in 0..LANES {
                d2[lane] = d2_to(bx[lane], by[lane], bz[lane]);
            }
            let mut mask = 0u16;
            for (lane, d2) in d2.iter().enumerate() {
                mask |= u16::from(*d2 <= within) << lane;
            }
            while mask != 0 {
                let lane = mask.trailing_zeros() as usize;
                pairs.push(Contact { a: a as u32, b: (first + lane) as u32, d2: d2[lane] });
                mask &= mask - 1;
            }
            first += LANES;
        }
        for ((bx, by), bz) in rest_x.iter().zip(rest_y).zip(rest_z) {
            let d2 = d2_to(*bx, *by, *bz);
            if d2 <= within {
                pairs.push(Contact { a: a as u32, b: first as u32, d2 });
            }
            first += 1;
        }
    }
}
