//! Detection on the GPU through wgpu: `shaders/encounters.wgsl` and the host side of it.
//!
//! A [`GpuDetector`] packs a frame, runs the two kernels in one submit, checks their proof of execution and sorts the
//! pairs into canonical order. Frames larger than the adapter's binding limit are split between matches; a pair buffer
//! that is too small is grown to the size that the kernel counted, and the frame run again. In a run the device lives
//! on its own thread behind a [`GpuService`], because a lost device may panic deep inside wgpu.
mod adapter;
mod pack;
mod service;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytemuck::{Pod, Zeroable};
use crossbeam_channel::bounded;
use wgpu::util::DeviceExt as _;

use super::{Contacts, DetectError, Detector, Frame};
pub use adapter::{AdapterReport, has_hardware_adapter, list_adapters};
use adapter::{adapters, report};
use pack::{Kernel, Packed, detect_with};
pub use service::{GpuClient, GpuService};

/// The kernels.
pub const SHADER: &str = include_str!("../../../shaders/encounters.wgsl");

/// Threads of a workgroup, as in the shader.
const GROUP: u32 = 64;

/// Bytes of a packed player and of a pair.
const PLAYER_BYTES: u64 = 16;

const PAIR_BYTES: u64 = 12;

/// A device that has not answered by then is lost.
const PATIENCE: Duration = Duration::from_secs(30);

#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Params {
    players: u32,
    radius: u32,
    capacity: u32,
    frame: u32,
    groups_x: u32,
    padding: [u32; 3],
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Outcome {
    pairs: u32,
    players: u32,
    frame: u32,
    unused: u32,
}

struct Buffers {
    players: wgpu::Buffer,
    matches: wgpu::Buffer,
    heads: wgpu::Buffer,
    earlier: wgpu::Buffer,
    outcome: wgpu::Buffer,
    pairs: wgpu::Buffer,
    readback: wgpu::Buffer,
    capacity: u32,
}

/// A detector on one device, used from one thread.
pub struct GpuDetector {
    device: wgpu::Device,
    queue: wgpu::Queue,
    layout: wgpu::BindGroupLayout,
    fill_cells: wgpu::ComputePipeline,
    find_pairs: wgpu::ComputePipeline,
    failure: Arc<Mutex<Option<String>>>,
    frame: u32,
    /// Most players of one submit.
    max_players: usize,
    /// Pairs to make room for at first.
    capacity: u32,
    max_groups: u32,
    max_capacity: u32,
    description: String,
}

impl GpuDetector {
    /// Opens the best adapter there is, a software one if need be.
    ///
    /// # Errors
    /// If there is none or it cannot be opened, in words.
    pub fn open() -> Result<Self, String> {
        Self::open_with_limits(usize::MAX, 1 << 16)
    }

    /// Likewise, with at most so many players a submit and room for so many pairs at first: small figures make tests
    /// meet the splitting and growing that only large frames would.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub fn open_with_limits(max_players: usize, capacity: u32) -> Result<Self, String> {
        let none = "no GPU adapter with compute shaders was found; install a Vulkan driver \
                    (mesa-vulkan-drivers has a software one)";
        let adapter = adapters().into_iter().next().ok_or(none)?;
        let limits = adapter.limits();
        let request = wgpu::DeviceDescriptor {
            label: Some("skirmish"),
            required_limits: limits.clone(),
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&request))
            .map_err(|error| format!("the GPU could not be opened: {error}"))?;
        let failure = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&failure);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        }));
        let seen = Arc::clone(&failure);
        device.set_device_lost_callback(move |_, message| {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("the device was lost: {message}"));
        });
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("encounters"),
            source: wgpu::ShaderSource::Wgsl(SHADER.into()),
        });
        let layout = bind_group_layout(&device);
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("encounters"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = |entry_point| {
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(entry_point),
                layout: Some(&pipeline_layout),
                module: &module,
                entry_point: Some(entry_point),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        let (fill_cells, find_pairs) = (pipeline("fill_cells"), pipeline("find_pairs"));
        let largest = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let info = report(&adapter);
        Ok(Self {
            layout,
            fill_cells,
            find_pairs,
            failure,
            frame: 0,
            max_players: max_players.min((largest / PLAYER_BYTES) as usize),
            capacity,
            max_groups: limits.max_compute_workgroups_per_dimension,
            max_capacity: (largest / PAIR_BYTES).min(u64::from(u32::MAX / 3)) as u32,
            description: format!("{} ({}, {}, {})", info.name, info.kind, info.backend, info.driver),
            device,
            queue,
        })
    }

    /// The device in words.
    pub fn describe(&self) -> &str {
        &self.description
    }

    /// Runs one packed part and returns its pairs, unsorted, as indices into the part.
    fn run(&mut self, packed: &Packed, radius_cm: u32) -> Result<Vec<[u32; 3]>, String> {
        loop {
            let buffers = self.upload(packed);
            self.frame = self.frame.wrapping_add(1);
            let bytes = self.submit(packed, &buffers, radius_cm)?;
            let (head, pairs) = bytes.split_at(size_of::<Outcome>());
            let outcome: Outcome = bytemuck::pod_read_unaligned(head);
            let expected = (packed.players.len() as u32, self.frame);
            if (outcome.players, outcome.frame) != expected {
                return Err(format!(
                    "the kernel's proof of execution is wrong: {} of {} players in frame {} of {}",
                    outcome.players, expected.0, outcome.frame, expected.1
                ));
            }
            if outcome.pairs <= buffers.capacity {
                let pairs = &pairs[..outcome.pairs as usize * PAIR_BYTES as usize];
                return Ok(bytemuck::pod_collect_to_vec(pairs));
            }
            if outcome.pairs > self.max_capacity {
                return Err(format!("{} pairs do not fit a buffer of this adapter", outcome.pairs));
            }
            self.capacity = outcome.pairs.saturating_add(outcome.pairs / 4).min(self.max_capacity);
        }
    }

    fn upload(&self, packed: &Packed) -> Buffers {
        let filled = |label, contents: &[u8]| {
            self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some(label),
                contents,
                usage: wgpu::BufferUsages::STORAGE,
            })
        };
        let empty = |label, size: u64, usage| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: size.max(16),
                usage,
                mapped_at_creation: false,
            })
        };
        let storage = wgpu::BufferUsages::STORAGE;
        let pair_bytes = u64::from(self.capacity) * PAIR_BYTES;
        Buffers {
            players: filled("players", bytemuck::cast_slice(&packed.players)),
            matches: filled("matches", bytemuck::cast_slice(&packed.matches)),
            // New buffers are zero, which is what empty lists and counters are.
            heads: empty("heads", u64::from(packed.cells) * 4, storage),
            earlier: empty("earlier", packed.players.len() as u64 * 4, storage),
            outcome: empty("outcome", size_of::<Outcome>() as u64, storage | wgpu::BufferUsages::COPY_SRC),
            pairs: empty("pairs", pair_bytes, storage | wgpu::BufferUsages::COPY_SRC),
            readback: empty(
                "readback",
                size_of::<Outcome>() as u64 + pair_bytes,
                wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            ),
            capacity: self.capacity,
        }
    }

    fn submit(&self, packed: &Packed, buffers: &Buffers, radius_cm: u32) -> Result<Vec<u8>, String> {
        let groups = (packed.players.len() as u32).div_ceil(GROUP);
        let groups_x = groups.min(self.max_groups).max(1);
        let params = Params {
            players: packed.players.len() as u32,
            radius: radius_cm,
            capacity: buffers.capacity,
            frame: self.frame,
            groups_x,
            padding: [0; 3],
        };
        let params = self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("params"),
            contents: bytemuck::bytes_of(&params),
            usage: wgpu::BufferUsages::UNIFORM,
        });
        let bound = [
            &params,
            &buffers.players,
            &buffers.matches,
            &buffers.heads,
            &buffers.earlier,
            &buffers.outcome,
            &buffers.pairs,
        ];
        let entries: Vec<wgpu::BindGroupEntry<'_>> = bound
            .iter()
            .enumerate()
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding: binding as u32,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let bind_group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("encounters"),
            layout: &self.layout,
            entries: &entries,
        });
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let pipelines =
            if packed.cells > 0 { vec![&self.fill_cells, &self.find_pairs] } else { vec![&self.find_pairs] };
        for pipeline in pipelines {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &bind_group, &[]);
            pass.dispatch_workgroups(groups_x, groups.div_ceil(groups_x), 1);
        }
        let head = size_of::<Outcome>() as u64;
        encoder.copy_buffer_to_buffer(&buffers.outcome, 0, &buffers.readback, 0, head);
        let pair_bytes = u64::from(buffers.capacity) * PAIR_BYTES;
        encoder.copy_buffer_to_buffer(&buffers.pairs, 0, &buffers.readback, head, pair_bytes);
        let submission = self.queue.submit([encoder.finish()]);
        let (mapped_sender, mapped) = bounded(1);
        buffers.readback.map_async(wgpu::MapMode::Read, .., move |result| {
            // Nobody waits any more if the poll below gave up first.
            drop(mapped_sender.send(result));
        });
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
        self.device.poll(wait).map_err(|error| format!("waiting for the GPU failed: {error}"))?;
        if let Some(failure) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(failure);
        }
        mapped
            .recv_timeout(PATIENCE)
            .map_err(|_| "the GPU did not answer in time".to_owned())?
            .map_err(|error| format!("the GPU's answer could not be read: {error}"))?;
        let view = buffers.readback.get_mapped_range(..);
        let bytes = view.map_err(|error| format!("the GPU's answer could not be read: {error}"))?.to_vec();
        buffers.readback.unmap();
        Ok(bytes)
    }
}

fn bind_group_layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let buffer = |binding: u32, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let storage = |read_only| wgpu::BufferBindingType::Storage { read_only };
    let kinds = [
        wgpu::BufferBindingType::Uniform,
        storage(true),
        storage(true),
        storage(false),
        storage(false),
        storage(false),
        storage(false),
    ];
    let entries: Vec<_> = kinds.into_iter().enumerate().map(|(binding, kind)| buffer(binding as u32, kind)).collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some("encounters"), entries: &entries })
}

impl Kernel for GpuDetector {
    fn max_players(&self) -> usize {
        self.max_players
    }

    fn run(&mut self, packed: Packed, radius_cm: u32) -> Result<Vec<[u32; 3]>, String> {
        Self::run(self, &packed, radius_cm)
    }
}

impl Detector for GpuDetector {
    fn name(&self) -> &str {
        "gpu"
    }

    fn detect(&mut self, frame: &Frame, radius_cm: u32, contacts: &mut Contacts) -> Result<(), DetectError> {
        detect_with(self, frame, radius_cm, contacts)
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;
    use pack::PackedMatch;

    /// Members of a struct of the shader with their offsets, and its size.
    fn layout(module: &naga::Module, name: &str) -> (Vec<(String, usize)>, usize) {
        let found =
            module.types.iter().find(|(_, kind)| kind.name.as_deref() == Some(name)).expect("the struct is there");
        let naga::TypeInner::Struct { members, span } = &found.1.inner else { panic!("{name} is a struct") };
        let offset = |member: &naga::StructMember| (member.name.clone().unwrap_or_default(), member.offset as usize);
        (members.iter().map(offset).collect(), *span as usize)
    }

    macro_rules! offsets {
        ($type:ty, $($member:ident),+) => {
            vec![$((stringify!($member).to_owned(), offset_of!($type, $member))),+]
        };
    }

    #[test]
    fn records_and_group_size_are_those_of_the_shader() {
        let module = naga::front::wgsl::parse_str(SHADER).expect("the shader parses");
        let (members, span) = layout(&module, "Params");
        assert_eq!(members, offsets!(Params, players, radius, capacity, frame, groups_x));
        assert!(span <= size_of::<Params>(), "a uniform buffer may be longer than its struct, never shorter");
        let expected = offsets!(PackedMatch, first, end, columns, rows, first_cell, cell_size, west, south);
        assert_eq!(layout(&module, "Match"), (expected, size_of::<PackedMatch>()));
        let expected = offsets!(Outcome, pairs, players, frame, unused);
        assert_eq!(layout(&module, "Outcome"), (expected, size_of::<Outcome>()));
        assert!(module.entry_points.iter().all(|entry| entry.workgroup_size == [GROUP, 1, 1]));
        assert_eq!(module.entry_points.len(), 2);
    }
}
