// What an entry point is told of its workgroup, which is the same for all its invocations, and of the invocation itself. Two
// structs, because control flow round a barrier may depend on the first alone.
struct Workgroup {
  @builtin(workgroup_id) id: vec3u,
#if ${subgroups}
  @builtin(num_subgroups) subgroups: u32,
  @builtin(subgroup_size) subgroupSize: u32,
#endif
}

struct Invocation {
  @builtin(local_invocation_index) index: u32,
#if ${subgroups}
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
#endif
}
