//! A device: the kernels of `shaders/encounters.wgsl` on one adapter, with several parts of frames in flight.
//!
//! A part takes one submit: its upload, both kernels and the copy to where the host reads. Each of the [`IN_FLIGHT`]
//! slots has buffers of its own that stay from part to part, so that the upload of one part, the kernels of another and
//! the readback of a third overlap.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytemuck::{Pod, Zeroable};
use crossbeam_channel::{Receiver, bounded};

use super::adapter::{adapters, report};
use super::fault::Fault;
use super::pack::{Answer, MAX_CANDIDATES, MAX_PLAYERS, Part, PartLimits};
use super::shader::{GROUP, SHADER};

/// Parts that a device works on at once.
pub const IN_FLIGHT: usize = 3;

/// A device that has not answered by then is lost.
pub const PATIENCE: Duration = Duration::from_secs(30);

const POSITION_BYTES: u64 = 8;
const BLOCK_BYTES: u64 = 8;
const PAIR_BYTES: u64 = 4;

/// Anything that finds the pairs of parts of frames.
pub trait GpuDevice {
    /// Starts a part; at most three may be started and not collected.
    ///
    /// # Errors
    /// When the device fails; it is not to be used again then.
    fn submit(&mut self, part: &Part, radius_cm: u32) -> Result<(), Fault>;

    /// Waits for the part that was started first, which is given again; `None` if it has more pairs than the device holds.
    ///
    /// # Errors
    /// When the device fails; it is not to be used again then.
    fn collect(&mut self, part: &Part, radius_cm: u32) -> Result<Option<Answer>, Fault>;
}

/// As in the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Params {
    players: u32,
    radius: u32,
    capacity: u32,
    frame: u32,
    groups_x: u32,
    matches_at: u32,
    grids_at: u32,
    cells: u32,
}

/// As in the shader.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Outcome {
    pairs: u32,
    players: u32,
    frame: u32,
    unused: u32,
}

impl Outcome {
    /// Whether the kernel has looked at every player of this very frame.
    fn prove(&self, players: u32, frame: u32) -> Result<(), Fault> {
        if (self.players, self.frame) == (players, frame) {
            return Ok(());
        }
        Err(Fault::Wrong(format!(
            "the kernel's proof of execution is wrong: {} of {players} players in frame {} of {frame}",
            self.players, self.frame
        )))
    }
}

/// A buffer that grows with what it has to hold.
struct Growing {
    label: &'static str,
    usage: wgpu::BufferUsages,
    buffer: Option<wgpu::Buffer>,
}

impl Growing {
    fn new(label: &'static str, usage: wgpu::BufferUsages) -> Self {
        Self { label, usage, buffer: None }
    }

    /// The buffer, with room for so many bytes; what it held is lost if it grows.
    fn with_room(&mut self, device: &wgpu::Device, bytes: u64) -> &wgpu::Buffer {
        let bytes = bytes.max(16);
        if self.buffer.as_ref().is_some_and(|buffer| buffer.size() < bytes) {
            self.buffer = None;
        }
        self.buffer.get_or_insert_with(|| {
            let size = with_reserve(bytes, largest_buffer(&device.limits()));
            let (label, usage) = (Some(self.label), self.usage);
            device.create_buffer(&wgpu::BufferDescriptor { label, size, usage, mapped_at_creation: false })
        })
    }
}

/// Largest buffer that can be had and bound.
fn largest_buffer(limits: &wgpu::Limits) -> u64 {
    limits.max_storage_buffer_binding_size.min(limits.max_buffer_size) / 16 * 16
}

/// Size of a buffer that needs so many bytes: frames differ a little from tick to tick, an eighth more saves most
/// reallocations.
fn with_reserve(bytes: u64, largest: u64) -> u64 {
    (bytes + bytes / 8).next_multiple_of(16).min(largest.max(bytes))
}

/// What parts may hold and how many pairs their answers may have, so that no buffer is larger than the largest there can be.
fn fitting(largest: u64, own: Limits) -> (PartLimits, u32) {
    // Lists take up to 12 bytes a player (two cells and one link), more than any other buffer that grows with players.
    let players = own.players.min((largest / 12) as usize).min(MAX_PLAYERS);
    // An answer is read back in one buffer: its head, the blocks of all workgroups, the pairs.
    let head_and_blocks = size_of::<Outcome>() as u64 + BLOCK_BYTES * (players as u64).div_ceil(GROUP.into());
    let pairs = (largest.saturating_sub(head_and_blocks) / PAIR_BYTES).min(own.max_pairs.into()) as u32;
    (PartLimits { players, candidates: own.candidates }, pairs)
}

/// The buffers of a part in flight.
struct Slot {
    params: Growing,
    players: Growing,
    layout: Growing,
    lists: Growing,
    outcome: Growing,
    blocks: Growing,
    pairs: Growing,
    readback: Growing,
    flight: Option<Flight>,
}

/// A part that has been submitted.
struct Flight {
    frame: u32,
    capacity: u32,
    submission: wgpu::SubmissionIndex,
    mapped: Receiver<Result<(), wgpu::BufferAsyncError>>,
}

impl Slot {
    fn new() -> Self {
        use wgpu::BufferUsages as Usage;
        let input = Usage::STORAGE | Usage::COPY_DST;
        let output = Usage::STORAGE | Usage::COPY_SRC;
        Self {
            params: Growing::new("params", Usage::UNIFORM | Usage::COPY_DST),
            players: Growing::new("players", input),
            layout: Growing::new("layout", input),
            lists: Growing::new("lists", input),
            outcome: Growing::new("outcome", output | Usage::COPY_DST),
            blocks: Growing::new("blocks", output),
            pairs: Growing::new("pairs", output),
            readback: Growing::new("readback", Usage::MAP_READ | Usage::COPY_DST),
            flight: None,
        }
    }
}

/// What errors outside of calls have said, the first one.
type Trouble = Arc<Mutex<Option<Fault>>>;

/// A wgpu device with the compiled kernels.
pub struct WgpuDevice {
    device: wgpu::Device,
    queue: wgpu::Queue,
    bindings: wgpu::BindGroupLayout,
    fill_cells: wgpu::ComputePipeline,
    find_pairs: wgpu::ComputePipeline,
    failure: Trouble,
    frame: u32,
    slots: Vec<Slot>,
    /// Slots in use, the first submitted first.
    in_flight: VecDeque<usize>,
    /// What a part may hold.
    pub part_limits: PartLimits,
    /// Pairs to make room for.
    capacity: u32,
    max_groups: u32,
    max_capacity: u32,
    /// The device in words.
    pub description: String,
}

/// Limits below those of the adapter: small ones make tests meet what only large frames would.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most players of a part.
    pub players: usize,
    /// Pairs to make room for at first.
    pub pairs: u32,
    /// Most pairs to make room for.
    pub max_pairs: u32,
    /// Most distances that a part asks for.
    pub candidates: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { players: usize::MAX, pairs: 1 << 14, max_pairs: u32::MAX / 8, candidates: MAX_CANDIDATES }
    }
}

impl WgpuDevice {
    /// Opens the best adapter there is, a software one if need be.
    ///
    /// # Errors
    /// If there is none or it cannot be opened, in words.
    pub fn open(own_limits: Limits) -> Result<Self, String> {
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
        let failure = Trouble::default();
        let note = |failure: &Trouble| {
            let failure = Arc::clone(failure);
            move |fault| {
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
            }
        };
        let seen = note(&failure);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            seen(match error {
                wgpu::Error::OutOfMemory { .. } => Fault::OutOfMemory(error.to_string()),
                _ => Fault::Lost(error.to_string()),
            });
        }));
        let seen = note(&failure);
        device.set_device_lost_callback(move |_, message| seen(Fault::Lost(message)));
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("encounters"),
            source: wgpu::ShaderSource::Wgsl(SHADER.into()),
        });
        let bindings = bind_group_layout(&device);
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("encounters"),
            bind_group_layouts: &[Some(&bindings)],
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
        let (part_limits, max_capacity) = fitting(largest_buffer(&limits), own_limits);
        let info = report(&adapter);
        let max_groups = limits.max_compute_workgroups_per_dimension;
        Ok(Self {
            bindings,
            fill_cells,
            find_pairs,
            failure,
            frame: 0,
            slots: (0..IN_FLIGHT).map(|_| Slot::new()).collect(),
            in_flight: VecDeque::new(),
            part_limits,
            capacity: own_limits.pairs.min(max_capacity),
            max_groups,
            max_capacity,
            description: format!("{} ({}, {}, {})", info.name, info.kind, info.backend, info.driver),
            device,
            queue,
        })
    }

    /// Uploads a part into a slot and starts its kernels and the copy of their answer.
    fn start(&mut self, slot: usize, part: &Part, radius_cm: u32) -> Result<(), Fault> {
        self.frame = self.frame.wrapping_add(1);
        let groups = part.firsts.len() as u32;
        let groups_x = groups.min(self.max_groups).max(1);
        let matches_at = groups;
        let grids_at = matches_at + 2 * part.matches.len() as u32;
        let params = Params {
            players: part.players.len() as u32,
            radius: radius_cm,
            capacity: self.capacity,
            frame: self.frame,
            groups_x,
            matches_at,
            grids_at,
            cells: part.cells,
        };
        let device = &self.device;
        let buffers = &mut self.slots[slot];
        let has_cells = part.cells > 0;
        let lists_bytes = if has_cells { 4 * (u64::from(part.cells) + part.players.len() as u64) } else { 0 };
        let layout_bytes = 4 * (u64::from(grids_at) + 4 * part.grids.len() as u64);
        let (block_bytes, pair_bytes) = (BLOCK_BYTES * u64::from(groups), PAIR_BYTES * u64::from(self.capacity));
        let head_bytes = size_of::<Outcome>() as u64;
        let bound = [
            buffers.params.with_room(device, size_of::<Params>() as u64),
            buffers.players.with_room(device, POSITION_BYTES * part.players.len() as u64),
            buffers.layout.with_room(device, layout_bytes),
            buffers.lists.with_room(device, lists_bytes),
            buffers.outcome.with_room(device, head_bytes),
            buffers.blocks.with_room(device, block_bytes),
            buffers.pairs.with_room(device, pair_bytes),
        ];
        let [params_buffer, players, layout, lists, outcome, blocks, pairs] = bound;
        self.queue.write_buffer(params_buffer, 0, bytemuck::bytes_of(&params));
        self.queue.write_buffer(players, 0, bytemuck::cast_slice(&part.players));
        self.queue.write_buffer(layout, 0, bytemuck::cast_slice(&part.firsts));
        self.queue.write_buffer(layout, 4 * u64::from(matches_at), bytemuck::cast_slice(&part.matches));
        self.queue.write_buffer(layout, 4 * u64::from(grids_at), bytemuck::cast_slice(&part.grids));
        let mut entries = Vec::with_capacity(bound.len());
        for (binding, buffer) in bound.into_iter().enumerate() {
            let resource = buffer.as_entire_binding();
            entries.push(wgpu::BindGroupEntry { binding: binding as u32, resource });
        }
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("encounters"),
            layout: &self.bindings,
            entries: &entries,
        });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.clear_buffer(outcome, 0, None);
        if has_cells {
            // Empty lists; the links need no clearing, since only players who were threaded are followed.
            encoder.clear_buffer(lists, 0, Some(4 * u64::from(part.cells)));
        }
        let mut run = |pipeline| {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &bind_group, &[]);
            pass.dispatch_workgroups(groups_x, groups.div_ceil(groups_x), 1);
        };
        if has_cells {
            run(&self.fill_cells);
        }
        run(&self.find_pairs);
        let readback = buffers.readback.with_room(device, head_bytes + block_bytes + pair_bytes);
        encoder.copy_buffer_to_buffer(outcome, 0, readback, 0, head_bytes);
        encoder.copy_buffer_to_buffer(blocks, 0, readback, head_bytes, block_bytes);
        encoder.copy_buffer_to_buffer(pairs, 0, readback, head_bytes + block_bytes, pair_bytes);
        let submission = self.queue.submit([encoder.finish()]);
        let (sender, mapped) = bounded(1);
        let answer_bytes = head_bytes + block_bytes + pair_bytes;
        readback.map_async(wgpu::MapMode::Read, 0..answer_bytes, move |result| {
            // Nobody waits any more if the device was given up first.
            drop(sender.send(result));
        });
        buffers.flight = Some(Flight { frame: self.frame, capacity: self.capacity, submission, mapped });
        self.check()
    }

    /// What went wrong outside of calls.
    fn check(&self) -> Result<(), Fault> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    /// Waits for the answer in a slot; `Err` of a count if so many pairs were found and did not fit.
    fn finish(&mut self, slot: usize, part: &Part) -> Result<Result<Answer, u32>, Fault> {
        let Some(flight) = self.slots[slot].flight.take() else {
            return Err(Fault::Wrong("nothing was submitted".into()));
        };
        let wait = wgpu::PollType::Wait { submission_index: Some(flight.submission), timeout: Some(PATIENCE) };
        let timeout = || Fault::Timeout(PATIENCE.as_secs());
        let polled = self.device.poll(wait);
        self.check()?;
        polled.map_err(|error| match error {
            wgpu::PollError::Timeout => timeout(),
            error @ wgpu::PollError::WrongSubmissionIndex(..) => Fault::Lost(error.to_string()),
        })?;
        let mapped = flight.mapped.recv_timeout(PATIENCE).map_err(|_| timeout())?;
        let unreadable = |error: String| Fault::Lost(format!("its answer could not be read: {error}"));
        mapped.map_err(|error| unreadable(error.to_string()))?;
        let groups = part.firsts.len();
        let head_bytes = size_of::<Outcome>();
        let block_bytes = groups * BLOCK_BYTES as usize;
        let answer_bytes = (head_bytes + block_bytes) as u64 + PAIR_BYTES * u64::from(flight.capacity);
        let Some(readback) = &self.slots[slot].readback.buffer else {
            return Err(Fault::Wrong("nothing was read back".into()));
        };
        let answer = {
            let view = readback.get_mapped_range(0..answer_bytes).map_err(|error| unreadable(error.to_string()))?;
            let (head, rest) = view.split_at(head_bytes);
            let (blocks, pairs) = rest.split_at(block_bytes);
            let outcome: Outcome = bytemuck::pod_read_unaligned(head);
            outcome.prove(part.players.len() as u32, flight.frame)?;
            if outcome.pairs > flight.capacity {
                Err(outcome.pairs)
            } else {
                let pairs = &pairs[..outcome.pairs as usize * PAIR_BYTES as usize];
                Ok(Answer { blocks: bytemuck::pod_collect_to_vec(blocks), pairs: bytemuck::pod_collect_to_vec(pairs) })
            }
        };
        readback.unmap();
        Ok(answer)
    }
}

impl GpuDevice for WgpuDevice {
    fn submit(&mut self, part: &Part, radius_cm: u32) -> Result<(), Fault> {
        let free = (0..self.slots.len()).find(|slot| !self.in_flight.contains(slot));
        let slot = free.ok_or_else(|| Fault::Wrong("more parts in flight than slots".into()))?;
        self.in_flight.push_back(slot);
        self.start(slot, part, radius_cm)
    }

    fn collect(&mut self, part: &Part, radius_cm: u32) -> Result<Option<Answer>, Fault> {
        let slot = self.in_flight.pop_front().ok_or_else(|| Fault::Wrong("nothing is in flight".into()))?;
        loop {
            match self.finish(slot, part)? {
                Ok(answer) => {
                    // Room for a little more than this part needed, so that the next one rarely runs twice; not for
                    // much more, because all of it is copied.
                    let wanted = answer.pairs.len() as u32;
                    let wanted = wanted.saturating_add(wanted / 4).saturating_add(1 << 10);
                    if wanted < self.capacity / 2 {
                        self.capacity = wanted;
                    }
                    return Ok(Some(answer));
                }
                Err(found) if found > self.max_capacity => return Ok(None),
                Err(found) => {
                    self.capacity = self.capacity.max(found.saturating_add(found / 4)).min(self.max_capacity);
                    self.start(slot, part, radius_cm)?;
                }
            }
        }
    }
}

fn bind_group_layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let entry = |binding: u32| {
        let ty = match binding {
            0 => wgpu::BufferBindingType::Uniform,
            1 | 2 => wgpu::BufferBindingType::Storage { read_only: true },
            _ => wgpu::BufferBindingType::Storage { read_only: false },
        };
        wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        }
    };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("encounters"),
        entries: &(0..7).map(entry).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

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
    fn no_buffer_is_larger_than_the_largest_there_can_be() {
        for largest in [1 << 16, 128 << 20, (128 << 20) + 4, 2 << 30, u64::from(u32::MAX)] {
            let limits = wgpu::Limits {
                max_storage_buffer_binding_size: u64::from(u32::MAX),
                max_buffer_size: largest,
                ..wgpu::Limits::default()
            };
            let largest = largest_buffer(&limits);
            let (PartLimits { players, .. }, pairs) = fitting(largest, Limits::default());
            let (players, pairs) = (players as u64, u64::from(pairs));
            let blocks = BLOCK_BYTES * players.div_ceil(GROUP.into());
            let lists = 12 * players;
            for bytes in
                [POSITION_BYTES * players, lists, blocks, size_of::<Outcome>() as u64 + blocks + PAIR_BYTES * pairs]
            {
                let size = with_reserve(bytes, largest);
                assert!(bytes <= size && size <= largest, "{bytes} bytes take {size} of {largest}");
            }
        }
        assert_eq!(with_reserve(160, 1 << 20), 192, "an eighth more, in steps of 16");
    }

    #[test]
    fn an_answer_of_another_frame_or_of_fewer_players_proves_nothing() {
        let outcome = Outcome { pairs: 0, players: 64, frame: 7, unused: 0 };
        assert_eq!(outcome.prove(64, 7), Ok(()));
        // What a submit that silently did nothing leaves behind: zeros, or the answer before.
        for (players, frame) in [(64, 8), (65, 7)] {
            assert!(
                matches!(outcome.prove(players, frame), Err(Fault::Wrong(why)) if why.contains("proof of execution"))
            );
        }
        let nothing = Outcome { pairs: 0, players: 0, frame: 0, unused: 0 };
        assert!(nothing.prove(64, 7).is_err());
    }

    #[test]
    fn records_and_group_size_are_those_of_the_shader() {
        let module = naga::front::wgsl::parse_str(SHADER).expect("the shader parses");
        let expected = offsets!(Params, players, radius, capacity, frame, groups_x, matches_at, grids_at, cells);
        assert_eq!(layout(&module, "Params"), (expected, size_of::<Params>()));
        let expected = offsets!(Outcome, pairs, players, frame, unused);
        assert_eq!(layout(&module, "Outcome"), (expected, size_of::<Outcome>()));
        assert_eq!(layout(&module, "Block").1 as u64, BLOCK_BYTES);
        assert!(module.entry_points.iter().all(|entry| entry.workgroup_size == [GROUP, 1, 1]));
        assert_eq!(module.entry_points.len(), 2);
    }
}
