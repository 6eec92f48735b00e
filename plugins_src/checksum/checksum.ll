; A bundle in LLVM IR: two checksums, their table, and the record by which graft finds them. Made from from/checksum.c by clang, then
; stripped of what only clang needs and given names a person can follow. No target-cpu: it is compiled for the host's.
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

%struct.graft_contract_info = type { i32, i16, i16, ptr } ; struct_size, major, minor, name
%struct.graft_provider = type { i32, i32, ptr, ptr }      ; struct_size, table_size, contract, table
%struct.checksum = type { ptr, ptr }                      ; crc32, adler32

@name = private unnamed_addr constant [14 x i8] c"demo.checksum\00"
@graft_contract_checksum = internal constant %struct.graft_contract_info { i32 16, i16 1, i16 0, ptr @name }
@graft_table_checksum = internal constant %struct.checksum { ptr @crc32, ptr @adler32 }
@graft_provider_checksum = constant %struct.graft_provider {
  i32 24, i32 16, ptr @graft_contract_checksum, ptr @graft_table_checksum
}, section "graft_providers", align 8
@llvm.compiler.used = appending global [1 x ptr] [ptr @graft_provider_checksum], section "llvm.metadata"

; uint32_t crc32(graft_str data): a graft_str comes in two registers.
define internal i32 @crc32(ptr %data, i64 %size) nounwind uwtable {
entry:
  br label %byte

byte:
  %at = phi i64 [ 0, %entry ], [ %next_at, %byte_done ]
  %crc = phi i32 [ -1, %entry ], [ %shifted, %byte_done ]
  %more = icmp ult i64 %at, %size
  br i1 %more, label %byte_begin, label %done

byte_begin:
  %here = getelementptr inbounds i8, ptr %data, i64 %at
  %value = load i8, ptr %here
  %wide = zext i8 %value to i32
  %mixed = xor i32 %crc, %wide
  br label %bit

bit:
  %count = phi i32 [ 0, %byte_begin ], [ %next_count, %bit ]
  %rest = phi i32 [ %mixed, %byte_begin ], [ %shifted, %bit ]
  %half = lshr i32 %rest, 1
  %low = trunc i32 %rest to i1
  %reduced = xor i32 %half, -306674912 ; 0xEDB88320
  %shifted = select i1 %low, i32 %reduced, i32 %half
  %next_count = add i32 %count, 1
  %last_bit = icmp eq i32 %next_count, 8
  br i1 %last_bit, label %byte_done, label %bit

byte_done:
  %next_at = add i64 %at, 1
  br label %byte

done:
  %result = xor i32 %crc, -1
  ret i32 %result
}

; uint32_t adler32(graft_str data)
define internal i32 @adler32(ptr %data, i64 %size) nounwind uwtable {
entry:
  br label %byte

byte:
  %at = phi i64 [ 0, %entry ], [ %next_at, %step ]
  %low = phi i32 [ 1, %entry ], [ %next_low, %step ]
  %high = phi i32 [ 0, %entry ], [ %next_high, %step ]
  %more = icmp ult i64 %at, %size
  br i1 %more, label %step, label %done

step:
  %here = getelementptr inbounds i8, ptr %data, i64 %at
  %value = load i8, ptr %here
  %wide = zext i8 %value to i32
  %low_sum = add i32 %low, %wide
  %next_low = urem i32 %low_sum, 65521
  %high_sum = add i32 %high, %next_low
  %next_high = urem i32 %high_sum, 65521
  %next_at = add i64 %at, 1
  br label %byte

done:
  %upper = shl i32 %high, 16
  %result = or i32 %upper, %low
  ret i32 %result
}

!llvm.module.flags = !{!0, !1}
!0 = !{i32 8, !"PIC Level", i32 2}
!1 = !{i32 7, !"uwtable", i32 2}
