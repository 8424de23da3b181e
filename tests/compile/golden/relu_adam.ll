define void @gather(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 11
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 6
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds ptr, ptr %addresses, i64 0
  %v34 = load ptr, ptr %v33
  %v35 = sub i64 %v3, 1
  %v36 = mul i64 %v8, 4
  br label %head37
head37:
  %i37 = phi i64 [ %v1, %entry ], [ %next37, %latch37 ]
  %more37 = icmp slt i64 %i37, %v3
  br i1 %more37, label %body37, label %exit37
body37:
  %v38 = add i64 %i37, 4
  %v39 = icmp slt i64 %v38, %v35
  %v40 = select i1 %v39, i64 %v38, i64 %v35
  %v41 = getelementptr inbounds i64, ptr %v34, i64 %v40
  %v42 = load i64, ptr %v41
  %v43 = mul i64 %v5, %v32
  %v44 = mul i64 %v42, %v26
  %v45 = add i64 %v44, %v43
  %v46 = getelementptr inbounds float, ptr %v30, i64 %v45
  br label %head47
head47:
  %i47 = phi i64 [ 0, %body37 ], [ %next47, %latch47 ]
  %more47 = icmp slt i64 %i47, %v36
  br i1 %more47, label %body47, label %exit47
body47:
  %v48 = getelementptr inbounds i8, ptr %v46, i64 %i47
  call void @llvm.prefetch.p0(ptr %v48, i32 0, i32 3, i32 1)
  br label %latch47
latch47:
  %next47 = add nsw i64 %i47, 64
  br label %head47
exit47:
  %v49 = getelementptr inbounds i64, ptr %v34, i64 %i37
  %v50 = load i64, ptr %v49
  %v51 = mul i64 %v5, %v32
  %v52 = mul i64 %v50, %v26
  %v53 = add i64 %v52, %v51
  %v54 = getelementptr inbounds float, ptr %v30, i64 %v53
  %v55 = mul i64 %i37, %v17
  %v56 = add i64 %v55, %v5
  %v57 = getelementptr inbounds float, ptr %v15, i64 %v56
  br label %head58
head58:
  %i58 = phi i64 [ 0, %exit47 ], [ %next58, %latch58 ]
  %more58 = icmp slt i64 %i58, %v8
  br i1 %more58, label %body58, label %exit58
body58:
  %v59 = mul i64 %i58, %v32
  %v60 = getelementptr inbounds float, ptr %v54, i64 %v59
  %v61 = load float, ptr %v60, align 1
  %v62 = getelementptr inbounds float, ptr %v57, i64 %i58
  store float %v61, ptr %v62
  br label %latch58
latch58:
  %next58 = add nsw i64 %i58, 1
  br label %head58
exit58:
  br label %latch37
latch37:
  %next37 = add nsw i64 %i37, 1
  br label %head37
exit37:
  ret void
}

define void @targets(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 11
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 6
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds ptr, ptr %addresses, i64 0
  %v34 = load ptr, ptr %v33
  %v35 = sub i64 %v3, 1
  %v36 = mul i64 %v8, 4
  br label %head37
head37:
  %i37 = phi i64 [ %v1, %entry ], [ %next37, %latch37 ]
  %more37 = icmp slt i64 %i37, %v3
  br i1 %more37, label %body37, label %exit37
body37:
  %v38 = add i64 %i37, 4
  %v39 = icmp slt i64 %v38, %v35
  %v40 = select i1 %v39, i64 %v38, i64 %v35
  %v41 = getelementptr inbounds i64, ptr %v34, i64 %v40
  %v42 = load i64, ptr %v41
  %v43 = mul i64 %v5, %v32
  %v44 = mul i64 %v42, %v26
  %v45 = add i64 %v44, %v43
  %v46 = getelementptr inbounds float, ptr %v30, i64 %v45
  br label %head47
head47:
  %i47 = phi i64 [ 0, %body37 ], [ %next47, %latch47 ]
  %more47 = icmp slt i64 %i47, %v36
  br i1 %more47, label %body47, label %exit47
body47:
  %v48 = getelementptr inbounds i8, ptr %v46, i64 %i47
  call void @llvm.prefetch.p0(ptr %v48, i32 0, i32 3, i32 1)
  br label %latch47
latch47:
  %next47 = add nsw i64 %i47, 64
  br label %head47
exit47:
  %v49 = getelementptr inbounds i64, ptr %v34, i64 %i37
  %v50 = load i64, ptr %v49
  %v51 = mul i64 %v5, %v32
  %v52 = mul i64 %v50, %v26
  %v53 = add i64 %v52, %v51
  %v54 = getelementptr inbounds float, ptr %v30, i64 %v53
  %v55 = mul i64 %i37, %v17
  %v56 = add i64 %v55, %v5
  %v57 = getelementptr inbounds float, ptr %v15, i64 %v56
  br label %head58
head58:
  %i58 = phi i64 [ 0, %exit47 ], [ %next58, %latch58 ]
  %more58 = icmp slt i64 %i58, %v8
  br i1 %more58, label %body58, label %exit58
body58:
  %v59 = mul i64 %i58, %v32
  %v60 = getelementptr inbounds float, ptr %v54, i64 %v59
  %v61 = load float, ptr %v60, align 1
  %v62 = getelementptr inbounds float, ptr %v57, i64 %i58
  store float %v61, ptr %v62
  br label %latch58
latch58:
  %next58 = add nsw i64 %i58, 1
  br label %head58
exit58:
  br label %latch37
latch37:
  %next37 = add nsw i64 %i37, 1
  br label %head37
exit37:
  ret void
}

define void @forward_0(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds i64, ptr %operation, i64 17
  %v37 = load i64, ptr %v36
  %v38 = getelementptr inbounds ptr, ptr %addresses, i64 %v37
  %v39 = load ptr, ptr %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 18
  %v41 = load i64, ptr %v40
  %v42 = getelementptr inbounds float, ptr %v39, i64 %v41
  %v43 = getelementptr inbounds i64, ptr %operation, i64 19
  %v44 = load i64, ptr %v43
  %v45 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v46 = load ptr, ptr %v45
  %v47 = getelementptr inbounds i64, ptr %operation, i64 6
  %v48 = load i64, ptr %v47
  %v49 = mul i64 0, %v44
  %v50 = add i64 %v49, %v5
  %v51 = getelementptr inbounds float, ptr %v42, i64 %v50
  br label %head52
head52:
  %i52 = phi i64 [ %v1, %entry ], [ %next52, %latch52 ]
  %more52 = icmp slt i64 %i52, %v3
  br i1 %more52, label %body52, label %exit52
body52:
  %v53 = mul i64 %i52, %v17
  %v54 = add i64 %v53, %v5
  %v55 = getelementptr inbounds float, ptr %v15, i64 %v54
  %v56 = mul i64 %i52, %v26
  %v57 = add i64 %v56, %v5
  %v58 = getelementptr inbounds float, ptr %v24, i64 %v57
  %v59 = mul i64 %i52, %v35
  %v60 = add i64 %v59, %v5
  %v61 = getelementptr inbounds float, ptr %v33, i64 %v60
  %v62 = mul i64 %i52, %v48
  %v63 = add i64 %v62, %v5
  br label %head64
head64:
  %i64 = phi i64 [ 0, %body52 ], [ %next64, %latch64 ]
  %more64 = icmp slt i64 %i64, %v8
  br i1 %more64, label %body64, label %exit64
body64:
  %v65 = getelementptr inbounds float, ptr %v55, i64 %i64
  %v66 = load float, ptr %v65
  %v67 = getelementptr inbounds float, ptr %v51, i64 %i64
  %v68 = load float, ptr %v67
  %v69 = fadd contract arcp nsz float %v66, %v68
  %v70 = fcmp ogt float %v69, 0x0000000000000000
  %v71 = fcmp uno float %v69, %v69
  %v72 = or i1 %v70, %v71
  %v73 = select i1 %v72, float %v69, float 0x0000000000000000
  %v74 = getelementptr inbounds float, ptr %v58, i64 %i64
  store float %v73, ptr %v74
  br label %latch64
latch64:
  %next64 = add nsw i64 %i64, 1
  br label %head64
exit64:
  br label %latch52
latch52:
  %next52 = add nsw i64 %i52, 1
  br label %head52
exit52:
  ret void
}

define void @backward_0(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds i64, ptr %operation, i64 17
  %v37 = load i64, ptr %v36
  %v38 = getelementptr inbounds ptr, ptr %addresses, i64 %v37
  %v39 = load ptr, ptr %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 18
  %v41 = load i64, ptr %v40
  %v42 = getelementptr inbounds float, ptr %v39, i64 %v41
  %v43 = getelementptr inbounds i64, ptr %operation, i64 19
  %v44 = load i64, ptr %v43
  %v45 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v46 = load ptr, ptr %v45
  %v47 = getelementptr inbounds i64, ptr %operation, i64 6
  %v48 = load i64, ptr %v47
  %v49 = mul i64 0, %v44
  %v50 = add i64 %v49, %v5
  %v51 = getelementptr inbounds float, ptr %v42, i64 %v50
  br label %head52
head52:
  %i52 = phi i64 [ %v1, %entry ], [ %next52, %latch52 ]
  %more52 = icmp slt i64 %i52, %v3
  br i1 %more52, label %body52, label %exit52
body52:
  %v53 = mul i64 %i52, %v17
  %v54 = add i64 %v53, %v5
  %v55 = getelementptr inbounds float, ptr %v15, i64 %v54
  %v56 = mul i64 %i52, %v26
  %v57 = add i64 %v56, %v5
  %v58 = getelementptr inbounds float, ptr %v24, i64 %v57
  %v59 = mul i64 %i52, %v35
  %v60 = add i64 %v59, %v5
  %v61 = getelementptr inbounds float, ptr %v33, i64 %v60
  %v62 = mul i64 %i52, %v48
  %v63 = add i64 %v62, %v5
  br label %head64
head64:
  %i64 = phi i64 [ 0, %body52 ], [ %next64, %latch64 ]
  %more64 = icmp slt i64 %i64, %v8
  br i1 %more64, label %body64, label %exit64
body64:
  %v65 = getelementptr inbounds float, ptr %v58, i64 %i64
  %v66 = load float, ptr %v65
  %v67 = getelementptr inbounds float, ptr %v61, i64 %i64
  %v68 = load float, ptr %v67
  %v69 = fcmp ogt float %v66, 0x0000000000000000
  %v70 = select i1 %v69, float 0x3FF0000000000000, float 0x0000000000000000
  %v71 = fmul contract arcp nsz float %v70, %v68
  %v72 = getelementptr inbounds float, ptr %v61, i64 %i64
  store float %v71, ptr %v72
  br label %latch64
latch64:
  %next64 = add nsw i64 %i64, 1
  br label %head64
exit64:
  br label %latch52
latch52:
  %next52 = add nsw i64 %i52, 1
  br label %head52
exit52:
  ret void
}

define void @head(ptr %operation, ptr %addresses) {
entry:
  %s57 = alloca double
  %s92 = alloca <16 x float>
  %s134 = alloca <16 x float>
  %s135 = alloca <16 x float>
  %s136 = alloca <16 x float>
  %s137 = alloca <16 x float>
  %s269 = alloca <16 x float>
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds i64, ptr %operation, i64 11
  %v19 = load i64, ptr %v18
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 %v19
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds i64, ptr %operation, i64 12
  %v23 = load i64, ptr %v22
  %v24 = getelementptr inbounds float, ptr %v21, i64 %v23
  %v25 = getelementptr inbounds i64, ptr %operation, i64 13
  %v26 = load i64, ptr %v25
  %v27 = getelementptr inbounds i64, ptr %operation, i64 14
  %v28 = load i64, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 %v28
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds i64, ptr %operation, i64 15
  %v32 = load i64, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v30, i64 %v32
  %v34 = getelementptr inbounds i64, ptr %operation, i64 16
  %v35 = load i64, ptr %v34
  %v36 = getelementptr inbounds i64, ptr %operation, i64 17
  %v37 = load i64, ptr %v36
  %v38 = getelementptr inbounds ptr, ptr %addresses, i64 %v37
  %v39 = load ptr, ptr %v38
  %v40 = getelementptr inbounds i64, ptr %operation, i64 18
  %v41 = load i64, ptr %v40
  %v42 = getelementptr inbounds float, ptr %v39, i64 %v41
  %v43 = getelementptr inbounds i64, ptr %operation, i64 19
  %v44 = load i64, ptr %v43
  %v45 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v46 = load ptr, ptr %v45
  %v47 = getelementptr inbounds ptr, ptr %addresses, i64 2
  %v48 = load ptr, ptr %v47
  %v49 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v50 = load ptr, ptr %v49
  %v51 = getelementptr inbounds float, ptr %v50, i64 0
  %v52 = load float, ptr %v51
  %v53 = sub i64 %v3, 1
  %v54 = mul i64 0, %v44
  %v55 = add i64 %v54, %v5
  %v56 = getelementptr inbounds float, ptr %v42, i64 %v55
  store double 0.0, ptr %s57
  %v58 = getelementptr inbounds float, ptr %v46, i64 16
  br label %head59
head59:
  %i59 = phi i64 [ %v1, %entry ], [ %next59, %latch59 ]
  %more59 = icmp slt i64 %i59, %v3
  br i1 %more59, label %body59, label %exit59
body59:
  br label %head60
head60:
  %i60 = phi i64 [ 0, %body59 ], [ %next60, %latch60 ]
  %more60 = icmp slt i64 %i60, 16
  br i1 %more60, label %body60, label %exit60
body60:
  %v61 = add i64 %i59, %i60
  %v62 = icmp slt i64 %v61, %v53
  %v63 = select i1 %v62, i64 %v61, i64 %v53
  %v64 = getelementptr inbounds float, ptr %v48, i64 %v63
  %v65 = load float, ptr %v64
  %v66 = fmul float %v65, %v52
  %v67 = getelementptr inbounds float, ptr %v46, i64 %i60
  store float %v66, ptr %v67
  %v68 = mul i64 %v63, %v17
  %v69 = add i64 %v68, %v5
  %v70 = getelementptr inbounds float, ptr %v15, i64 %v69
  %v71 = mul i64 %v63, %v26
  %v72 = add i64 %v71, %v5
  %v73 = getelementptr inbounds float, ptr %v24, i64 %v72
  br label %head74
head74:
  %i74 = phi i64 [ 0, %body60 ], [ %next74, %latch74 ]
  %more74 = icmp slt i64 %i74, %v8
  br i1 %more74, label %body74, label %exit74
body74:
  %v75 = getelementptr inbounds float, ptr %v70, i64 %i74
  %v76 = load float, ptr %v75
  %v77 = mul i64 %v8, 0
  %v78 = add i64 %v77, %i74
  %v79 = add i64 %v78, 2
  %v80 = mul i64 %v79, 16
  %v81 = getelementptr inbounds float, ptr %v46, i64 %v80
  %v82 = getelementptr inbounds float, ptr %v81, i64 %i60
  store float %v76, ptr %v82
  %v83 = getelementptr inbounds float, ptr %v73, i64 %i74
  %v84 = load float, ptr %v83
  %v85 = mul i64 %v8, 1
  %v86 = add i64 %v85, %i74
  %v87 = add i64 %v86, 2
  %v88 = mul i64 %v87, 16
  %v89 = getelementptr inbounds float, ptr %v46, i64 %v88
  %v90 = getelementptr inbounds float, ptr %v89, i64 %i60
  store float %v84, ptr %v90
  br label %latch74
latch74:
  %next74 = add nsw i64 %i74, 1
  br label %head74
exit74:
  br label %latch60
latch60:
  %next60 = add nsw i64 %i60, 1
  br label %head60
exit60:
  %v91 = load <16 x float>, ptr %v46, align 4
  store <16 x float> splat (float 0xFFF0000000000000), ptr %s92
  br label %head93
head93:
  %i93 = phi i64 [ 0, %exit60 ], [ %next93, %latch93 ]
  %more93 = icmp slt i64 %i93, %v8
  br i1 %more93, label %body93, label %exit93
body93:
  %v94 = mul i64 %v8, 0
  %v95 = add i64 %v94, %i93
  %v96 = add i64 %v95, 2
  %v97 = mul i64 %v96, 16
  %v98 = getelementptr inbounds float, ptr %v46, i64 %v97
  %v99 = load <16 x float>, ptr %v98, align 4
  %v100 = getelementptr inbounds float, ptr %v56, i64 %i93
  %v101 = load float, ptr %v100
  %v102 = insertelement <16 x float> poison, float %v101, i32 0
  %v103 = shufflevector <16 x float> %v102, <16 x float> poison, <16 x i32> zeroinitializer
  %v104 = fadd contract arcp nsz <16 x float> %v99, %v103
  %v105 = mul i64 %v8, 1
  %v106 = add i64 %v105, %i93
  %v107 = add i64 %v106, 2
  %v108 = mul i64 %v107, 16
  %v109 = getelementptr inbounds float, ptr %v46, i64 %v108
  %v110 = load <16 x float>, ptr %v109, align 4
  %v111 = fdiv contract arcp nsz <16 x float> %v104, splat (float 0x4000000000000000)
  %v112 = mul i64 %v8, 3
  %v113 = add i64 %v112, %i93
  %v114 = add i64 %v113, 2
  %v115 = mul i64 %v114, 16
  %v116 = getelementptr inbounds float, ptr %v46, i64 %v115
  store <16 x float> %v111, ptr %v116, align 4
  %v117 = fsub contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v110
  %v118 = mul i64 %v8, 5
  %v119 = add i64 %v118, %i93
  %v120 = add i64 %v119, 2
  %v121 = mul i64 %v120, 16
  %v122 = getelementptr inbounds float, ptr %v46, i64 %v121
  store <16 x float> %v117, ptr %v122, align 4
  %v123 = load <16 x float>, ptr %s92
  %v124 = fcmp ogt <16 x float> %v123, %v111
  %v125 = fcmp uno <16 x float> %v123, %v123
  %v126 = or <16 x i1> %v124, %v125
  %v127 = select <16 x i1> %v126, <16 x float> %v123, <16 x float> %v111
  store <16 x float> %v127, ptr %s92
  br label %latch93
latch93:
  %next93 = add nsw i64 %i93, 1
  br label %head93
exit93:
  %v128 = load <16 x float>, ptr %s92
  %v129 = fcmp ogt <16 x float> %v128, splat (float 0x0000000000000000)
  %v130 = fcmp uno <16 x float> %v128, %v128
  %v131 = or <16 x i1> %v129, %v130
  %v132 = select <16 x i1> %v131, <16 x float> %v128, <16 x float> splat (float 0x0000000000000000)
  %v133 = fsub contract arcp nsz <16 x float> %v132, splat (float 0x47EFFFFFE0000000)
  store <16 x float> splat (float 0x0000000000000000), ptr %s134
  store <16 x float> splat (float 0x0000000000000000), ptr %s135
  store <16 x float> splat (float 0x0000000000000000), ptr %s136
  store <16 x float> splat (float 0x0000000000000000), ptr %s137
  br label %head138
head138:
  %i138 = phi i64 [ 0, %exit93 ], [ %next138, %latch138 ]
  %more138 = icmp slt i64 %i138, %v8
  br i1 %more138, label %body138, label %exit138
body138:
  %v139 = mul i64 %v8, 1
  %v140 = add i64 %v139, %i138
  %v141 = add i64 %v140, 2
  %v142 = mul i64 %v141, 16
  %v143 = getelementptr inbounds float, ptr %v46, i64 %v142
  %v144 = load <16 x float>, ptr %v143, align 4
  %v145 = mul i64 %v8, 3
  %v146 = add i64 %v145, %i138
  %v147 = add i64 %v146, 2
  %v148 = mul i64 %v147, 16
  %v149 = getelementptr inbounds float, ptr %v46, i64 %v148
  %v150 = load <16 x float>, ptr %v149, align 4
  %v151 = fcmp ogt <16 x float> %v150, %v133
  %v152 = fcmp uno <16 x float> %v150, %v150
  %v153 = or <16 x i1> %v151, %v152
  %v154 = select <16 x i1> %v153, <16 x float> %v150, <16 x float> %v133
  %v155 = fsub contract arcp nsz <16 x float> %v154, %v128
  %v156 = fmul contract arcp nsz <16 x float> splat (float 0x4000000000000000), %v155
  %v157 = fcmp ogt <16 x float> %v156, splat (float 0x4056400000000000)
  %v158 = select <16 x i1> %v157, <16 x float> splat (float 0x4056400000000000), <16 x float> %v156
  %v159 = fcmp olt <16 x float> %v158, splat (float 0xC05A000000000000)
  %v160 = select <16 x i1> %v159, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v158
  %v161 = fmul contract arcp nsz <16 x float> %v160, splat (float 0x3FF7154760000000)
  %v162 = fadd contract arcp nsz <16 x float> %v161, splat (float 0x4168000000000000)
  %v163 = fsub contract arcp nsz <16 x float> %v162, splat (float 0x4168000000000000)
  %v164 = fmul contract arcp nsz <16 x float> %v163, splat (float 0x3FE62E0000000000)
  %v165 = fsub contract arcp nsz <16 x float> %v160, %v164
  %v166 = fmul contract arcp nsz <16 x float> %v163, splat (float 0x3F00BFBE80000000)
  %v167 = fsub contract arcp nsz <16 x float> %v165, %v166
  %v168 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v167
  %v169 = fadd contract arcp nsz <16 x float> %v168, splat (float 0x3F56C16C20000000)
  %v170 = fmul contract arcp nsz <16 x float> %v169, %v167
  %v171 = fadd contract arcp nsz <16 x float> %v170, splat (float 0x3F81111120000000)
  %v172 = fmul contract arcp nsz <16 x float> %v171, %v167
  %v173 = fadd contract arcp nsz <16 x float> %v172, splat (float 0x3FA5555560000000)
  %v174 = fmul contract arcp nsz <16 x float> %v173, %v167
  %v175 = fadd contract arcp nsz <16 x float> %v174, splat (float 0x3FC5555560000000)
  %v176 = fmul contract arcp nsz <16 x float> %v175, %v167
  %v177 = fadd contract arcp nsz <16 x float> %v176, splat (float 0x3FE0000000000000)
  %v178 = fmul contract arcp nsz <16 x float> %v177, %v167
  %v179 = fmul contract arcp nsz <16 x float> %v178, %v167
  %v180 = fadd contract arcp nsz <16 x float> %v179, %v167
  %v181 = fmul contract arcp nsz <16 x float> %v163, splat (float 0x3FE0000000000000)
  %v182 = fadd contract arcp nsz <16 x float> %v181, splat (float 0x4168000000000000)
  %v183 = fsub contract arcp nsz <16 x float> %v162, %v182
  %v184 = fadd contract arcp nsz <16 x float> %v183, splat (float 0x4168000000000000)
  %v185 = bitcast <16 x float> %v182 to <16 x i32>
  %v186 = add <16 x i32> %v185, splat (i32 127)
  %v187 = shl <16 x i32> %v186, splat (i32 23)
  %v188 = bitcast <16 x i32> %v187 to <16 x float>
  %v189 = bitcast <16 x float> %v184 to <16 x i32>
  %v190 = add <16 x i32> %v189, splat (i32 127)
  %v191 = shl <16 x i32> %v190, splat (i32 23)
  %v192 = bitcast <16 x i32> %v191 to <16 x float>
  %v193 = fmul contract arcp nsz <16 x float> %v180, %v188
  %v194 = fadd contract arcp nsz <16 x float> %v193, %v188
  %v195 = fmul contract arcp nsz <16 x float> %v194, %v192
  %v196 = mul i64 %v8, 4
  %v197 = add i64 %v196, %i138
  %v198 = add i64 %v197, 2
  %v199 = mul i64 %v198, 16
  %v200 = getelementptr inbounds float, ptr %v46, i64 %v199
  store <16 x float> %v195, ptr %v200, align 4
  %v201 = fcmp oeq <16 x float> %v155, splat (float 0x0000000000000000)
  %v202 = select <16 x i1> %v201, <16 x float> splat (float 0x0000000000000000), <16 x float> %v195
  %v203 = select <16 x i1> %v201, <16 x float> splat (float 0x3FF0000000000000), <16 x float> splat (float 0x0000000000000000)
  %v204 = fmul contract arcp nsz <16 x float> %v144, %v155
  %v205 = load <16 x float>, ptr %s134
  %v206 = fadd contract arcp nsz <16 x float> %v205, %v202
  store <16 x float> %v206, ptr %s134
  %v207 = load <16 x float>, ptr %s135
  %v208 = fadd contract arcp nsz <16 x float> %v207, %v203
  store <16 x float> %v208, ptr %s135
  %v209 = load <16 x float>, ptr %s136
  %v210 = fadd contract arcp nsz <16 x float> %v209, %v204
  store <16 x float> %v210, ptr %s136
  %v211 = load <16 x float>, ptr %s137
  %v212 = fadd contract arcp nsz <16 x float> %v211, %v195
  store <16 x float> %v212, ptr %s137
  br label %latch138
latch138:
  %next138 = add nsw i64 %i138, 1
  br label %head138
exit138:
  %v213 = load <16 x float>, ptr %s134
  %v214 = load <16 x float>, ptr %s135
  %v215 = load <16 x float>, ptr %s136
  %v216 = load <16 x float>, ptr %s137
  %v217 = fsub contract arcp nsz <16 x float> %v214, splat (float 0x3FF0000000000000)
  %v218 = fadd contract arcp nsz <16 x float> %v213, %v217
  %v219 = extractelement <16 x float> %v218, i32 0
  %v220 = call float @log1pf(float %v219)
  %v221 = insertelement <16 x float> poison, float %v220, i32 0
  %v222 = extractelement <16 x float> %v218, i32 1
  %v223 = call float @log1pf(float %v222)
  %v224 = insertelement <16 x float> %v221, float %v223, i32 1
  %v225 = extractelement <16 x float> %v218, i32 2
  %v226 = call float @log1pf(float %v225)
  %v227 = insertelement <16 x float> %v224, float %v226, i32 2
  %v228 = extractelement <16 x float> %v218, i32 3
  %v229 = call float @log1pf(float %v228)
  %v230 = insertelement <16 x float> %v227, float %v229, i32 3
  %v231 = extractelement <16 x float> %v218, i32 4
  %v232 = call float @log1pf(float %v231)
  %v233 = insertelement <16 x float> %v230, float %v232, i32 4
  %v234 = extractelement <16 x float> %v218, i32 5
  %v235 = call float @log1pf(float %v234)
  %v236 = insertelement <16 x float> %v233, float %v235, i32 5
  %v237 = extractelement <16 x float> %v218, i32 6
  %v238 = call float @log1pf(float %v237)
  %v239 = insertelement <16 x float> %v236, float %v238, i32 6
  %v240 = extractelement <16 x float> %v218, i32 7
  %v241 = call float @log1pf(float %v240)
  %v242 = insertelement <16 x float> %v239, float %v241, i32 7
  %v243 = extractelement <16 x float> %v218, i32 8
  %v244 = call float @log1pf(float %v243)
  %v245 = insertelement <16 x float> %v242, float %v244, i32 8
  %v246 = extractelement <16 x float> %v218, i32 9
  %v247 = call float @log1pf(float %v246)
  %v248 = insertelement <16 x float> %v245, float %v247, i32 9
  %v249 = extractelement <16 x float> %v218, i32 10
  %v250 = call float @log1pf(float %v249)
  %v251 = insertelement <16 x float> %v248, float %v250, i32 10
  %v252 = extractelement <16 x float> %v218, i32 11
  %v253 = call float @log1pf(float %v252)
  %v254 = insertelement <16 x float> %v251, float %v253, i32 11
  %v255 = extractelement <16 x float> %v218, i32 12
  %v256 = call float @log1pf(float %v255)
  %v257 = insertelement <16 x float> %v254, float %v256, i32 12
  %v258 = extractelement <16 x float> %v218, i32 13
  %v259 = call float @log1pf(float %v258)
  %v260 = insertelement <16 x float> %v257, float %v259, i32 13
  %v261 = extractelement <16 x float> %v218, i32 14
  %v262 = call float @log1pf(float %v261)
  %v263 = insertelement <16 x float> %v260, float %v262, i32 14
  %v264 = extractelement <16 x float> %v218, i32 15
  %v265 = call float @log1pf(float %v264)
  %v266 = insertelement <16 x float> %v263, float %v265, i32 15
  %v267 = fmul contract arcp nsz <16 x float> splat (float 0x4000000000000000), %v215
  %v268 = fsub contract arcp nsz <16 x float> %v266, %v267
  store <16 x float> splat (float 0x0000000000000000), ptr %s269
  br label %head270
head270:
  %i270 = phi i64 [ 0, %exit138 ], [ %next270, %latch270 ]
  %more270 = icmp slt i64 %i270, %v8
  br i1 %more270, label %body270, label %exit270
body270:
  %v271 = mul i64 %v8, 4
  %v272 = add i64 %v271, %i270
  %v273 = add i64 %v272, 2
  %v274 = mul i64 %v273, 16
  %v275 = getelementptr inbounds float, ptr %v46, i64 %v274
  %v276 = load <16 x float>, ptr %v275, align 4
  %v277 = mul i64 %v8, 5
  %v278 = add i64 %v277, %i270
  %v279 = add i64 %v278, 2
  %v280 = mul i64 %v279, 16
  %v281 = getelementptr inbounds float, ptr %v46, i64 %v280
  %v282 = load <16 x float>, ptr %v281, align 4
  %v283 = fdiv contract arcp nsz <16 x float> %v276, %v216
  %v284 = fcmp ogt <16 x float> %v283, splat (float 0x3FE0000000000000)
  %v285 = uitofp <16 x i1> %v284 to <16 x float>
  %v286 = mul i64 %v8, 6
  %v287 = add i64 %v286, %i270
  %v288 = add i64 %v287, 2
  %v289 = mul i64 %v288, 16
  %v290 = getelementptr inbounds float, ptr %v46, i64 %v289
  store <16 x float> %v285, ptr %v290, align 4
  %v291 = select <16 x i1> %v284, <16 x float> splat (float 0x0000000000000000), <16 x float> %v283
  %v292 = fmul contract arcp nsz <16 x float> %v282, %v283
  %v293 = mul i64 %v8, 8
  %v294 = add i64 %v293, %i270
  %v295 = add i64 %v294, 2
  %v296 = mul i64 %v295, 16
  %v297 = getelementptr inbounds float, ptr %v46, i64 %v296
  store <16 x float> %v292, ptr %v297, align 4
  %v298 = fsub contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v283
  %v299 = mul i64 %v8, 7
  %v300 = add i64 %v299, %i270
  %v301 = add i64 %v300, 2
  %v302 = mul i64 %v301, 16
  %v303 = getelementptr inbounds float, ptr %v46, i64 %v302
  store <16 x float> %v298, ptr %v303, align 4
  %v304 = load <16 x float>, ptr %s269
  %v305 = fadd contract arcp nsz <16 x float> %v304, %v291
  store <16 x float> %v305, ptr %s269
  br label %latch270
latch270:
  %next270 = add nsw i64 %i270, 1
  br label %head270
exit270:
  %v306 = load <16 x float>, ptr %s269
  br label %head307
head307:
  %i307 = phi i64 [ 0, %exit270 ], [ %next307, %latch307 ]
  %more307 = icmp slt i64 %i307, %v8
  br i1 %more307, label %body307, label %exit307
body307:
  %v308 = mul i64 %v8, 1
  %v309 = add i64 %v308, %i307
  %v310 = add i64 %v309, 2
  %v311 = mul i64 %v310, 16
  %v312 = getelementptr inbounds float, ptr %v46, i64 %v311
  %v313 = load <16 x float>, ptr %v312, align 4
  %v314 = mul i64 %v8, 6
  %v315 = add i64 %v314, %i307
  %v316 = add i64 %v315, 2
  %v317 = mul i64 %v316, 16
  %v318 = getelementptr inbounds float, ptr %v46, i64 %v317
  %v319 = load <16 x float>, ptr %v318, align 4
  %v320 = fcmp une <16 x float> %v319, splat (float 0x0000000000000000)
  %v321 = mul i64 %v8, 8
  %v322 = add i64 %v321, %i307
  %v323 = add i64 %v322, 2
  %v324 = mul i64 %v323, 16
  %v325 = getelementptr inbounds float, ptr %v46, i64 %v324
  %v326 = load <16 x float>, ptr %v325, align 4
  %v327 = mul i64 %v8, 7
  %v328 = add i64 %v327, %i307
  %v329 = add i64 %v328, 2
  %v330 = mul i64 %v329, 16
  %v331 = getelementptr inbounds float, ptr %v46, i64 %v330
  %v332 = load <16 x float>, ptr %v331, align 4
  %v333 = select <16 x i1> %v320, <16 x float> %v306, <16 x float> %v332
  %v334 = fmul contract arcp nsz <16 x float> %v313, %v333
  %v335 = fsub contract arcp nsz <16 x float> %v326, %v334
  %v336 = fmul contract arcp nsz <16 x float> %v335, %v91
  %v337 = mul i64 %v8, 2
  %v338 = add i64 %v337, %i307
  %v339 = add i64 %v338, 2
  %v340 = mul i64 %v339, 16
  %v341 = getelementptr inbounds float, ptr %v46, i64 %v340
  store <16 x float> %v336, ptr %v341, align 4
  br label %latch307
latch307:
  %next307 = add nsw i64 %i307, 1
  br label %head307
exit307:
  store <16 x float> %v268, ptr %v58, align 4
  %v342 = sub i64 %v3, %i59
  %v343 = icmp slt i64 %v342, 16
  %v344 = select i1 %v343, i64 %v342, i64 16
  br label %head345
head345:
  %i345 = phi i64 [ 0, %exit307 ], [ %next345, %latch345 ]
  %more345 = icmp slt i64 %i345, %v344
  br i1 %more345, label %body345, label %exit345
body345:
  %v346 = add i64 %i59, %i345
  %v347 = getelementptr inbounds float, ptr %v48, i64 %v346
  %v348 = load float, ptr %v347
  %v349 = getelementptr inbounds float, ptr %v58, i64 %i345
  %v350 = load float, ptr %v349
  %v351 = fmul float %v348, %v350
  %v352 = fpext float %v351 to double
  %v353 = load double, ptr %s57
  %v354 = fadd double %v353, %v352
  store double %v354, ptr %s57
  %v355 = mul i64 %v346, %v35
  %v356 = add i64 %v355, %v5
  %v357 = getelementptr inbounds float, ptr %v33, i64 %v356
  br label %head358
head358:
  %i358 = phi i64 [ 0, %body345 ], [ %next358, %latch358 ]
  %more358 = icmp slt i64 %i358, %v8
  br i1 %more358, label %body358, label %exit358
body358:
  %v359 = mul i64 %v8, 2
  %v360 = add i64 %v359, %i358
  %v361 = add i64 %v360, 2
  %v362 = mul i64 %v361, 16
  %v363 = getelementptr inbounds float, ptr %v46, i64 %v362
  %v364 = getelementptr inbounds float, ptr %v363, i64 %i345
  %v365 = load float, ptr %v364
  %v366 = getelementptr inbounds float, ptr %v357, i64 %i358
  store float %v365, ptr %v366
  br label %latch358
latch358:
  %next358 = add nsw i64 %i358, 1
  br label %head358
exit358:
  br label %latch345
latch345:
  %next345 = add nsw i64 %i345, 1
  br label %head345
exit345:
  br label %latch59
latch59:
  %next59 = add nsw i64 %i59, 16
  br label %head59
exit59:
  %v367 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v368 = load ptr, ptr %v367
  %v369 = getelementptr inbounds double, ptr %v368, i64 0
  %v370 = load double, ptr %v369
  %v371 = load double, ptr %s57
  %v372 = fadd double %v370, %v371
  store double %v372, ptr %v369
  ret void
}

define void @update_weights(ptr %operation, ptr %addresses) {
entry:
  %s111 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v19 = load ptr, ptr %v18
  %v20 = getelementptr inbounds float, ptr %v19, i64 %v5
  %v21 = getelementptr inbounds ptr, ptr %addresses, i64 15
  %v22 = load ptr, ptr %v21
  %v23 = getelementptr inbounds float, ptr %v22, i64 %v5
  %v24 = getelementptr inbounds ptr, ptr %addresses, i64 16
  %v25 = load ptr, ptr %v24
  %v26 = getelementptr inbounds float, ptr %v25, i64 %v5
  %v27 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v28 = load ptr, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds float, ptr %v28, i64 0
  %v32 = load float, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v28, i64 1
  %v34 = load float, ptr %v33
  %v35 = getelementptr inbounds float, ptr %v30, i64 0
  %v36 = load float, ptr %v35
  %v37 = fadd contract arcp nsz float %v36, 0x3FF0000000000000
  %v38 = fmul contract arcp nsz float %v37, 0xBF50646700000000
  %v39 = fcmp ogt float %v38, 0x4056400000000000
  %v40 = select i1 %v39, float 0x4056400000000000, float %v38
  %v41 = fcmp olt float %v40, 0xC049000000000000
  %v42 = select i1 %v41, float 0xC049000000000000, float %v40
  %v43 = fmul contract arcp nsz float %v42, 0x3FF7154760000000
  %v44 = fadd contract arcp nsz float %v43, 0x4168000000000000
  %v45 = fsub contract arcp nsz float %v44, 0x4168000000000000
  %v46 = fmul contract arcp nsz float %v45, 0x3FE62E0000000000
  %v47 = fsub contract arcp nsz float %v42, %v46
  %v48 = fmul contract arcp nsz float %v45, 0x3F00BFBE80000000
  %v49 = fsub contract arcp nsz float %v47, %v48
  %v50 = fmul contract arcp nsz float 0x3F2A01A020000000, %v49
  %v51 = fadd contract arcp nsz float %v50, 0x3F56C16C20000000
  %v52 = fmul contract arcp nsz float %v51, %v49
  %v53 = fadd contract arcp nsz float %v52, 0x3F81111120000000
  %v54 = fmul contract arcp nsz float %v53, %v49
  %v55 = fadd contract arcp nsz float %v54, 0x3FA5555560000000
  %v56 = fmul contract arcp nsz float %v55, %v49
  %v57 = fadd contract arcp nsz float %v56, 0x3FC5555560000000
  %v58 = fmul contract arcp nsz float %v57, %v49
  %v59 = fadd contract arcp nsz float %v58, 0x3FE0000000000000
  %v60 = fmul contract arcp nsz float %v59, %v49
  %v61 = fmul contract arcp nsz float %v60, %v49
  %v62 = fadd contract arcp nsz float %v61, %v49
  %v63 = fsub contract arcp nsz float %v44, 0x3FF0000000000000
  %v64 = bitcast float %v63 to i32
  %v65 = add i32 %v64, 127
  %v66 = shl i32 %v65, 23
  %v67 = bitcast i32 %v66 to float
  %v68 = fmul contract arcp nsz float %v62, %v67
  %v69 = fsub contract arcp nsz float %v67, 0x3FE0000000000000
  %v70 = fadd contract arcp nsz float %v68, %v69
  %v71 = fmul contract arcp nsz float 0x4000000000000000, %v70
  %v72 = fneg float %v71
  %v73 = call float @llvm.sqrt.f32(float %v72)
  %v74 = fmul contract arcp nsz float %v34, %v73
  %v75 = fmul contract arcp nsz float %v37, 0xBFBAF8E820000000
  %v76 = fcmp ogt float %v75, 0x4056400000000000
  %v77 = select i1 %v76, float 0x4056400000000000, float %v75
  %v78 = fcmp olt float %v77, 0xC049000000000000
  %v79 = select i1 %v78, float 0xC049000000000000, float %v77
  %v80 = fmul contract arcp nsz float %v79, 0x3FF7154760000000
  %v81 = fadd contract arcp nsz float %v80, 0x4168000000000000
  %v82 = fsub contract arcp nsz float %v81, 0x4168000000000000
  %v83 = fmul contract arcp nsz float %v82, 0x3FE62E0000000000
  %v84 = fsub contract arcp nsz float %v79, %v83
  %v85 = fmul contract arcp nsz float %v82, 0x3F00BFBE80000000
  %v86 = fsub contract arcp nsz float %v84, %v85
  %v87 = fmul contract arcp nsz float 0x3F2A01A020000000, %v86
  %v88 = fadd contract arcp nsz float %v87, 0x3F56C16C20000000
  %v89 = fmul contract arcp nsz float %v88, %v86
  %v90 = fadd contract arcp nsz float %v89, 0x3F81111120000000
  %v91 = fmul contract arcp nsz float %v90, %v86
  %v92 = fadd contract arcp nsz float %v91, 0x3FA5555560000000
  %v93 = fmul contract arcp nsz float %v92, %v86
  %v94 = fadd contract arcp nsz float %v93, 0x3FC5555560000000
  %v95 = fmul contract arcp nsz float %v94, %v86
  %v96 = fadd contract arcp nsz float %v95, 0x3FE0000000000000
  %v97 = fmul contract arcp nsz float %v96, %v86
  %v98 = fmul contract arcp nsz float %v97, %v86
  %v99 = fadd contract arcp nsz float %v98, %v86
  %v100 = fsub contract arcp nsz float %v81, 0x3FF0000000000000
  %v101 = bitcast float %v100 to i32
  %v102 = add i32 %v101, 127
  %v103 = shl i32 %v102, 23
  %v104 = bitcast i32 %v103 to float
  %v105 = fmul contract arcp nsz float %v99, %v104
  %v106 = fsub contract arcp nsz float %v104, 0x3FE0000000000000
  %v107 = fadd contract arcp nsz float %v105, %v106
  %v108 = fmul contract arcp nsz float 0x4000000000000000, %v107
  %v109 = fneg float %v108
  %v110 = fdiv contract arcp nsz float %v74, %v109
  store float 0x0000000000000000, ptr %s111
  br label %head112
head112:
  %i112 = phi i64 [ 0, %entry ], [ %next112, %latch112 ]
  %more112 = icmp slt i64 %i112, %v8
  br i1 %more112, label %body112, label %exit112
body112:
  %v113 = getelementptr inbounds float, ptr %v20, i64 %i112
  %v114 = load float, ptr %v113
  %v115 = getelementptr inbounds float, ptr %v15, i64 %i112
  %v116 = load float, ptr %v115
  %v117 = getelementptr inbounds float, ptr %v23, i64 %i112
  %v118 = load float, ptr %v117
  %v119 = getelementptr inbounds float, ptr %v26, i64 %i112
  %v120 = load float, ptr %v119
  %v121 = fmul contract arcp nsz float %v116, %v116
  %v122 = fmul contract arcp nsz float %v118, 0x3FECCCCCC0000000
  %v123 = fmul contract arcp nsz float 0x3FB99999A0000000, %v116
  %v124 = fadd contract arcp nsz float %v122, %v123
  %v125 = fmul contract arcp nsz float %v120, 0x3FEFF7CEE0000000
  %v126 = fmul contract arcp nsz float %v121, 0x3F50624DE0000000
  %v127 = fadd contract arcp nsz float %v125, %v126
  %v128 = call float @llvm.sqrt.f32(float %v127)
  %v129 = fadd contract arcp nsz float %v128, 0x3E45798EE0000000
  %v130 = fdiv contract arcp nsz float %v124, %v129
  %v131 = fmul contract arcp nsz float %v130, %v110
  %v132 = fsub contract arcp nsz float %v114, %v131
  %v133 = load float, ptr %s111
  %v134 = fadd reassoc contract arcp nsz float %v133, %v121
  store float %v134, ptr %s111
  %v135 = getelementptr inbounds float, ptr %v20, i64 %i112
  store float %v132, ptr %v135
  %v136 = getelementptr inbounds float, ptr %v23, i64 %i112
  store float %v124, ptr %v136
  %v137 = getelementptr inbounds float, ptr %v26, i64 %i112
  store float %v127, ptr %v137
  br label %latch112
latch112:
  %next112 = add nsw i64 %i112, 1
  br label %head112
exit112:
  %v138 = load float, ptr %s111
  %v139 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v140 = load ptr, ptr %v139
  %v141 = getelementptr inbounds double, ptr %v140, i64 1
  %v142 = fpext float %v138 to double
  %v143 = load double, ptr %v141
  %v144 = fadd double %v143, %v142
  store double %v144, ptr %v141
  ret void
}

define void @update_biases(ptr %operation, ptr %addresses) {
entry:
  %s111 = alloca float
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds i64, ptr %operation, i64 8
  %v10 = load i64, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 %v10
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds i64, ptr %operation, i64 9
  %v14 = load i64, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v12, i64 %v14
  %v16 = getelementptr inbounds i64, ptr %operation, i64 10
  %v17 = load i64, ptr %v16
  %v18 = getelementptr inbounds ptr, ptr %addresses, i64 7
  %v19 = load ptr, ptr %v18
  %v20 = getelementptr inbounds float, ptr %v19, i64 %v5
  %v21 = getelementptr inbounds ptr, ptr %addresses, i64 15
  %v22 = load ptr, ptr %v21
  %v23 = getelementptr inbounds float, ptr %v22, i64 %v5
  %v24 = getelementptr inbounds ptr, ptr %addresses, i64 16
  %v25 = load ptr, ptr %v24
  %v26 = getelementptr inbounds float, ptr %v25, i64 %v5
  %v27 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v28 = load ptr, ptr %v27
  %v29 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v30 = load ptr, ptr %v29
  %v31 = getelementptr inbounds float, ptr %v28, i64 0
  %v32 = load float, ptr %v31
  %v33 = getelementptr inbounds float, ptr %v28, i64 1
  %v34 = load float, ptr %v33
  %v35 = getelementptr inbounds float, ptr %v30, i64 0
  %v36 = load float, ptr %v35
  %v37 = fadd contract arcp nsz float %v36, 0x3FF0000000000000
  %v38 = fmul contract arcp nsz float %v37, 0xBF50646700000000
  %v39 = fcmp ogt float %v38, 0x4056400000000000
  %v40 = select i1 %v39, float 0x4056400000000000, float %v38
  %v41 = fcmp olt float %v40, 0xC049000000000000
  %v42 = select i1 %v41, float 0xC049000000000000, float %v40
  %v43 = fmul contract arcp nsz float %v42, 0x3FF7154760000000
  %v44 = fadd contract arcp nsz float %v43, 0x4168000000000000
  %v45 = fsub contract arcp nsz float %v44, 0x4168000000000000
  %v46 = fmul contract arcp nsz float %v45, 0x3FE62E0000000000
  %v47 = fsub contract arcp nsz float %v42, %v46
  %v48 = fmul contract arcp nsz float %v45, 0x3F00BFBE80000000
  %v49 = fsub contract arcp nsz float %v47, %v48
  %v50 = fmul contract arcp nsz float 0x3F2A01A020000000, %v49
  %v51 = fadd contract arcp nsz float %v50, 0x3F56C16C20000000
  %v52 = fmul contract arcp nsz float %v51, %v49
  %v53 = fadd contract arcp nsz float %v52, 0x3F81111120000000
  %v54 = fmul contract arcp nsz float %v53, %v49
  %v55 = fadd contract arcp nsz float %v54, 0x3FA5555560000000
  %v56 = fmul contract arcp nsz float %v55, %v49
  %v57 = fadd contract arcp nsz float %v56, 0x3FC5555560000000
  %v58 = fmul contract arcp nsz float %v57, %v49
  %v59 = fadd contract arcp nsz float %v58, 0x3FE0000000000000
  %v60 = fmul contract arcp nsz float %v59, %v49
  %v61 = fmul contract arcp nsz float %v60, %v49
  %v62 = fadd contract arcp nsz float %v61, %v49
  %v63 = fsub contract arcp nsz float %v44, 0x3FF0000000000000
  %v64 = bitcast float %v63 to i32
  %v65 = add i32 %v64, 127
  %v66 = shl i32 %v65, 23
  %v67 = bitcast i32 %v66 to float
  %v68 = fmul contract arcp nsz float %v62, %v67
  %v69 = fsub contract arcp nsz float %v67, 0x3FE0000000000000
  %v70 = fadd contract arcp nsz float %v68, %v69
  %v71 = fmul contract arcp nsz float 0x4000000000000000, %v70
  %v72 = fneg float %v71
  %v73 = call float @llvm.sqrt.f32(float %v72)
  %v74 = fmul contract arcp nsz float %v34, %v73
  %v75 = fmul contract arcp nsz float %v37, 0xBFBAF8E820000000
  %v76 = fcmp ogt float %v75, 0x4056400000000000
  %v77 = select i1 %v76, float 0x4056400000000000, float %v75
  %v78 = fcmp olt float %v77, 0xC049000000000000
  %v79 = select i1 %v78, float 0xC049000000000000, float %v77
  %v80 = fmul contract arcp nsz float %v79, 0x3FF7154760000000
  %v81 = fadd contract arcp nsz float %v80, 0x4168000000000000
  %v82 = fsub contract arcp nsz float %v81, 0x4168000000000000
  %v83 = fmul contract arcp nsz float %v82, 0x3FE62E0000000000
  %v84 = fsub contract arcp nsz float %v79, %v83
  %v85 = fmul contract arcp nsz float %v82, 0x3F00BFBE80000000
  %v86 = fsub contract arcp nsz float %v84, %v85
  %v87 = fmul contract arcp nsz float 0x3F2A01A020000000, %v86
  %v88 = fadd contract arcp nsz float %v87, 0x3F56C16C20000000
  %v89 = fmul contract arcp nsz float %v88, %v86
  %v90 = fadd contract arcp nsz float %v89, 0x3F81111120000000
  %v91 = fmul contract arcp nsz float %v90, %v86
  %v92 = fadd contract arcp nsz float %v91, 0x3FA5555560000000
  %v93 = fmul contract arcp nsz float %v92, %v86
  %v94 = fadd contract arcp nsz float %v93, 0x3FC5555560000000
  %v95 = fmul contract arcp nsz float %v94, %v86
  %v96 = fadd contract arcp nsz float %v95, 0x3FE0000000000000
  %v97 = fmul contract arcp nsz float %v96, %v86
  %v98 = fmul contract arcp nsz float %v97, %v86
  %v99 = fadd contract arcp nsz float %v98, %v86
  %v100 = fsub contract arcp nsz float %v81, 0x3FF0000000000000
  %v101 = bitcast float %v100 to i32
  %v102 = add i32 %v101, 127
  %v103 = shl i32 %v102, 23
  %v104 = bitcast i32 %v103 to float
  %v105 = fmul contract arcp nsz float %v99, %v104
  %v106 = fsub contract arcp nsz float %v104, 0x3FE0000000000000
  %v107 = fadd contract arcp nsz float %v105, %v106
  %v108 = fmul contract arcp nsz float 0x4000000000000000, %v107
  %v109 = fneg float %v108
  %v110 = fdiv contract arcp nsz float %v74, %v109
  store float 0x0000000000000000, ptr %s111
  br label %head112
head112:
  %i112 = phi i64 [ 0, %entry ], [ %next112, %latch112 ]
  %more112 = icmp slt i64 %i112, %v8
  br i1 %more112, label %body112, label %exit112
body112:
  %v113 = getelementptr inbounds float, ptr %v20, i64 %i112
  %v114 = load float, ptr %v113
  %v115 = getelementptr inbounds float, ptr %v15, i64 %i112
  %v116 = load float, ptr %v115
  %v117 = getelementptr inbounds float, ptr %v23, i64 %i112
  %v118 = load float, ptr %v117
  %v119 = getelementptr inbounds float, ptr %v26, i64 %i112
  %v120 = load float, ptr %v119
  %v121 = fmul contract arcp nsz float %v116, %v116
  %v122 = fmul contract arcp nsz float %v118, 0x3FECCCCCC0000000
  %v123 = fmul contract arcp nsz float 0x3FB99999A0000000, %v116
  %v124 = fadd contract arcp nsz float %v122, %v123
  %v125 = fmul contract arcp nsz float %v120, 0x3FEFF7CEE0000000
  %v126 = fmul contract arcp nsz float %v121, 0x3F50624DE0000000
  %v127 = fadd contract arcp nsz float %v125, %v126
  %v128 = call float @llvm.sqrt.f32(float %v127)
  %v129 = fadd contract arcp nsz float %v128, 0x3E45798EE0000000
  %v130 = fdiv contract arcp nsz float %v124, %v129
  %v131 = fmul contract arcp nsz float %v130, %v110
  %v132 = fsub contract arcp nsz float %v114, %v131
  %v133 = load float, ptr %s111
  %v134 = fadd reassoc contract arcp nsz float %v133, %v121
  store float %v134, ptr %s111
  %v135 = getelementptr inbounds float, ptr %v20, i64 %i112
  store float %v132, ptr %v135
  %v136 = getelementptr inbounds float, ptr %v23, i64 %i112
  store float %v124, ptr %v136
  %v137 = getelementptr inbounds float, ptr %v26, i64 %i112
  store float %v127, ptr %v137
  br label %latch112
latch112:
  %next112 = add nsw i64 %i112, 1
  br label %head112
exit112:
  %v138 = load float, ptr %s111
  %v139 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v140 = load ptr, ptr %v139
  %v141 = getelementptr inbounds double, ptr %v140, i64 1
  %v142 = fpext float %v138 to double
  %v143 = load double, ptr %v141
  %v144 = fadd double %v143, %v142
  store double %v144, ptr %v141
  ret void
}

define void @advance(ptr %operation, ptr %addresses) {
entry:
  %v0 = getelementptr inbounds i64, ptr %operation, i64 2
  %v1 = load i64, ptr %v0
  %v2 = getelementptr inbounds i64, ptr %operation, i64 3
  %v3 = load i64, ptr %v2
  %v4 = getelementptr inbounds i64, ptr %operation, i64 4
  %v5 = load i64, ptr %v4
  %v6 = getelementptr inbounds i64, ptr %operation, i64 5
  %v7 = load i64, ptr %v6
  %v8 = sub i64 %v7, %v5
  %v9 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v10 = load ptr, ptr %v9
  %v11 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v12 = load ptr, ptr %v11
  %v13 = getelementptr inbounds float, ptr %v10, i64 0
  %v14 = load float, ptr %v13
  %v15 = getelementptr inbounds float, ptr %v10, i64 1
  %v16 = load float, ptr %v15
  %v17 = getelementptr inbounds float, ptr %v12, i64 0
  %v18 = load float, ptr %v17
  %v19 = fadd contract arcp nsz float %v18, 0x3FF0000000000000
  %v20 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v21 = load ptr, ptr %v20
  %v22 = getelementptr inbounds float, ptr %v21, i64 0
  store float %v19, ptr %v22
  ret void
}
