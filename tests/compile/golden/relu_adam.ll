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
  %s53 = alloca double
  %s94 = alloca <16 x float>
  %s125 = alloca <16 x float>
  %s126 = alloca <16 x float>
  %s127 = alloca <16 x float>
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
  store double 0.0, ptr %s53
  %v54 = getelementptr inbounds float, ptr %v46, i64 16
  %v55 = getelementptr inbounds ptr, ptr %addresses, i64 6
  %v56 = load ptr, ptr %v55
  %v57 = mul i64 0, %v44
  %v58 = add i64 %v57, %v5
  %v59 = getelementptr inbounds float, ptr %v42, i64 %v58
  %v60 = sub i64 %v3, 1
  br label %head61
head61:
  %i61 = phi i64 [ %v1, %entry ], [ %next61, %latch61 ]
  %more61 = icmp slt i64 %i61, %v3
  br i1 %more61, label %body61, label %exit61
body61:
  br label %head62
head62:
  %i62 = phi i64 [ 0, %body61 ], [ %next62, %latch62 ]
  %more62 = icmp slt i64 %i62, 16
  br i1 %more62, label %body62, label %exit62
body62:
  %v63 = add i64 %i61, %i62
  %v64 = icmp slt i64 %v63, %v60
  %v65 = select i1 %v64, i64 %v63, i64 %v60
  %v66 = getelementptr inbounds float, ptr %v48, i64 %v65
  %v67 = load float, ptr %v66
  %v68 = fmul float %v67, %v52
  %v69 = getelementptr inbounds float, ptr %v46, i64 %i62
  store float %v68, ptr %v69
  %v70 = mul i64 %v65, %v17
  %v71 = add i64 %v70, %v5
  %v72 = getelementptr inbounds float, ptr %v15, i64 %v71
  %v73 = mul i64 %v65, %v26
  %v74 = add i64 %v73, %v5
  %v75 = getelementptr inbounds float, ptr %v24, i64 %v74
  br label %head76
head76:
  %i76 = phi i64 [ 0, %body62 ], [ %next76, %latch76 ]
  %more76 = icmp slt i64 %i76, %v8
  br i1 %more76, label %body76, label %exit76
body76:
  %v77 = getelementptr inbounds float, ptr %v72, i64 %i76
  %v78 = load float, ptr %v77
  %v79 = mul i64 %v8, 0
  %v80 = add i64 %v79, %i76
  %v81 = add i64 %v80, 2
  %v82 = mul i64 %v81, 16
  %v83 = getelementptr inbounds float, ptr %v56, i64 %v82
  %v84 = getelementptr inbounds float, ptr %v83, i64 %i62
  store float %v78, ptr %v84
  %v85 = getelementptr inbounds float, ptr %v75, i64 %i76
  %v86 = load float, ptr %v85
  %v87 = mul i64 %v8, 1
  %v88 = add i64 %v87, %i76
  %v89 = add i64 %v88, 2
  %v90 = mul i64 %v89, 16
  %v91 = getelementptr inbounds float, ptr %v56, i64 %v90
  %v92 = getelementptr inbounds float, ptr %v91, i64 %i62
  store float %v86, ptr %v92
  br label %latch76
latch76:
  %next76 = add nsw i64 %i76, 1
  br label %head76
exit76:
  br label %latch62
latch62:
  %next62 = add nsw i64 %i62, 1
  br label %head62
exit62:
  %v93 = load <16 x float>, ptr %v46, align 4
  store <16 x float> splat (float 0xFFF0000000000000), ptr %s94
  br label %head95
head95:
  %i95 = phi i64 [ 0, %exit62 ], [ %next95, %latch95 ]
  %more95 = icmp slt i64 %i95, %v8
  br i1 %more95, label %body95, label %exit95
body95:
  %v96 = mul i64 %v8, 0
  %v97 = add i64 %v96, %i95
  %v98 = add i64 %v97, 2
  %v99 = mul i64 %v98, 16
  %v100 = getelementptr inbounds float, ptr %v56, i64 %v99
  %v101 = load <16 x float>, ptr %v100, align 4
  %v102 = getelementptr inbounds float, ptr %v59, i64 %i95
  %v103 = load float, ptr %v102
  %v104 = insertelement <16 x float> poison, float %v103, i32 0
  %v105 = shufflevector <16 x float> %v104, <16 x float> poison, <16 x i32> zeroinitializer
  %v106 = fadd contract arcp nsz <16 x float> %v101, %v105
  %v107 = mul i64 %v8, 1
  %v108 = add i64 %v107, %i95
  %v109 = add i64 %v108, 2
  %v110 = mul i64 %v109, 16
  %v111 = getelementptr inbounds float, ptr %v56, i64 %v110
  %v112 = load <16 x float>, ptr %v111, align 4
  %v113 = fdiv contract arcp nsz <16 x float> %v106, splat (float 0x4000000000000000)
  %v114 = mul i64 %v8, 3
  %v115 = add i64 %v114, %i95
  %v116 = add i64 %v115, 2
  %v117 = mul i64 %v116, 16
  %v118 = getelementptr inbounds float, ptr %v56, i64 %v117
  store <16 x float> %v113, ptr %v118, align 4
  %v119 = load <16 x float>, ptr %s94
  %v120 = fcmp ogt <16 x float> %v119, %v113
  %v121 = fcmp uno <16 x float> %v119, %v119
  %v122 = or <16 x i1> %v120, %v121
  %v123 = select <16 x i1> %v122, <16 x float> %v119, <16 x float> %v113
  store <16 x float> %v123, ptr %s94
  br label %latch95
latch95:
  %next95 = add nsw i64 %i95, 1
  br label %head95
exit95:
  %v124 = load <16 x float>, ptr %s94
  store <16 x float> splat (float 0x0000000000000000), ptr %s125
  store <16 x float> splat (float 0x0000000000000000), ptr %s126
  store <16 x float> splat (float 0x0000000000000000), ptr %s127
  br label %head128
head128:
  %i128 = phi i64 [ 0, %exit95 ], [ %next128, %latch128 ]
  %more128 = icmp slt i64 %i128, %v8
  br i1 %more128, label %body128, label %exit128
body128:
  %v129 = mul i64 %v8, 1
  %v130 = add i64 %v129, %i128
  %v131 = add i64 %v130, 2
  %v132 = mul i64 %v131, 16
  %v133 = getelementptr inbounds float, ptr %v56, i64 %v132
  %v134 = load <16 x float>, ptr %v133, align 4
  %v135 = mul i64 %v8, 3
  %v136 = add i64 %v135, %i128
  %v137 = add i64 %v136, 2
  %v138 = mul i64 %v137, 16
  %v139 = getelementptr inbounds float, ptr %v56, i64 %v138
  %v140 = load <16 x float>, ptr %v139, align 4
  %v141 = fsub contract arcp nsz <16 x float> %v140, %v124
  %v142 = fmul contract arcp nsz <16 x float> splat (float 0x4000000000000000), %v141
  %v143 = fcmp ogt <16 x float> %v142, splat (float 0x4056400000000000)
  %v144 = select <16 x i1> %v143, <16 x float> splat (float 0x4056400000000000), <16 x float> %v142
  %v145 = fcmp olt <16 x float> %v144, splat (float 0xC05A000000000000)
  %v146 = select <16 x i1> %v145, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v144
  %v147 = fmul contract arcp nsz <16 x float> %v146, splat (float 0x3FF7154760000000)
  %v148 = fadd contract arcp nsz <16 x float> %v147, splat (float 0x4168000000000000)
  %v149 = fsub contract arcp nsz <16 x float> %v148, splat (float 0x4168000000000000)
  %v150 = fmul contract arcp nsz <16 x float> %v149, splat (float 0x3FE62E0000000000)
  %v151 = fsub contract arcp nsz <16 x float> %v146, %v150
  %v152 = fmul contract arcp nsz <16 x float> %v149, splat (float 0x3F00BFBE80000000)
  %v153 = fsub contract arcp nsz <16 x float> %v151, %v152
  %v154 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v153
  %v155 = fadd contract arcp nsz <16 x float> %v154, splat (float 0x3F56C16C20000000)
  %v156 = fmul contract arcp nsz <16 x float> %v155, %v153
  %v157 = fadd contract arcp nsz <16 x float> %v156, splat (float 0x3F81111120000000)
  %v158 = fmul contract arcp nsz <16 x float> %v157, %v153
  %v159 = fadd contract arcp nsz <16 x float> %v158, splat (float 0x3FA5555560000000)
  %v160 = fmul contract arcp nsz <16 x float> %v159, %v153
  %v161 = fadd contract arcp nsz <16 x float> %v160, splat (float 0x3FC5555560000000)
  %v162 = fmul contract arcp nsz <16 x float> %v161, %v153
  %v163 = fadd contract arcp nsz <16 x float> %v162, splat (float 0x3FE0000000000000)
  %v164 = fmul contract arcp nsz <16 x float> %v163, %v153
  %v165 = fmul contract arcp nsz <16 x float> %v164, %v153
  %v166 = fadd contract arcp nsz <16 x float> %v165, %v153
  %v167 = fmul contract arcp nsz <16 x float> %v149, splat (float 0x3FE0000000000000)
  %v168 = fadd contract arcp nsz <16 x float> %v167, splat (float 0x4168000000000000)
  %v169 = fsub contract arcp nsz <16 x float> %v148, %v168
  %v170 = fadd contract arcp nsz <16 x float> %v169, splat (float 0x4168000000000000)
  %v171 = bitcast <16 x float> %v168 to <16 x i32>
  %v172 = add <16 x i32> %v171, splat (i32 127)
  %v173 = shl <16 x i32> %v172, splat (i32 23)
  %v174 = bitcast <16 x i32> %v173 to <16 x float>
  %v175 = bitcast <16 x float> %v170 to <16 x i32>
  %v176 = add <16 x i32> %v175, splat (i32 127)
  %v177 = shl <16 x i32> %v176, splat (i32 23)
  %v178 = bitcast <16 x i32> %v177 to <16 x float>
  %v179 = fmul contract arcp nsz <16 x float> %v166, %v174
  %v180 = fadd contract arcp nsz <16 x float> %v179, %v174
  %v181 = fmul contract arcp nsz <16 x float> %v180, %v178
  %v182 = fcmp oeq <16 x float> %v141, splat (float 0x0000000000000000)
  %v183 = select <16 x i1> %v182, <16 x float> splat (float 0x3FF0000000000000), <16 x float> splat (float 0x0000000000000000)
  %v184 = fsub contract arcp nsz <16 x float> %v181, %v183
  %v185 = fmul contract arcp nsz <16 x float> %v134, %v141
  %v186 = fsub contract arcp nsz <16 x float> %v181, %v134
  %v187 = mul i64 %v8, 4
  %v188 = add i64 %v187, %i128
  %v189 = add i64 %v188, 2
  %v190 = mul i64 %v189, 16
  %v191 = getelementptr inbounds float, ptr %v56, i64 %v190
  store <16 x float> %v186, ptr %v191, align 4
  %v192 = load <16 x float>, ptr %s125
  %v193 = fadd contract arcp nsz <16 x float> %v192, %v184
  store <16 x float> %v193, ptr %s125
  %v194 = load <16 x float>, ptr %s126
  %v195 = fadd contract arcp nsz <16 x float> %v194, %v183
  store <16 x float> %v195, ptr %s126
  %v196 = load <16 x float>, ptr %s127
  %v197 = fadd contract arcp nsz <16 x float> %v196, %v185
  store <16 x float> %v197, ptr %s127
  br label %latch128
latch128:
  %next128 = add nsw i64 %i128, 1
  br label %head128
exit128:
  %v198 = load <16 x float>, ptr %s125
  %v199 = load <16 x float>, ptr %s126
  %v200 = load <16 x float>, ptr %s127
  %v201 = fsub contract arcp nsz <16 x float> %v199, splat (float 0x3FF0000000000000)
  %v202 = fadd contract arcp nsz <16 x float> %v198, %v201
  %v203 = extractelement <16 x float> %v202, i32 0
  %v204 = call float @log1pf(float %v203)
  %v205 = insertelement <16 x float> poison, float %v204, i32 0
  %v206 = extractelement <16 x float> %v202, i32 1
  %v207 = call float @log1pf(float %v206)
  %v208 = insertelement <16 x float> %v205, float %v207, i32 1
  %v209 = extractelement <16 x float> %v202, i32 2
  %v210 = call float @log1pf(float %v209)
  %v211 = insertelement <16 x float> %v208, float %v210, i32 2
  %v212 = extractelement <16 x float> %v202, i32 3
  %v213 = call float @log1pf(float %v212)
  %v214 = insertelement <16 x float> %v211, float %v213, i32 3
  %v215 = extractelement <16 x float> %v202, i32 4
  %v216 = call float @log1pf(float %v215)
  %v217 = insertelement <16 x float> %v214, float %v216, i32 4
  %v218 = extractelement <16 x float> %v202, i32 5
  %v219 = call float @log1pf(float %v218)
  %v220 = insertelement <16 x float> %v217, float %v219, i32 5
  %v221 = extractelement <16 x float> %v202, i32 6
  %v222 = call float @log1pf(float %v221)
  %v223 = insertelement <16 x float> %v220, float %v222, i32 6
  %v224 = extractelement <16 x float> %v202, i32 7
  %v225 = call float @log1pf(float %v224)
  %v226 = insertelement <16 x float> %v223, float %v225, i32 7
  %v227 = extractelement <16 x float> %v202, i32 8
  %v228 = call float @log1pf(float %v227)
  %v229 = insertelement <16 x float> %v226, float %v228, i32 8
  %v230 = extractelement <16 x float> %v202, i32 9
  %v231 = call float @log1pf(float %v230)
  %v232 = insertelement <16 x float> %v229, float %v231, i32 9
  %v233 = extractelement <16 x float> %v202, i32 10
  %v234 = call float @log1pf(float %v233)
  %v235 = insertelement <16 x float> %v232, float %v234, i32 10
  %v236 = extractelement <16 x float> %v202, i32 11
  %v237 = call float @log1pf(float %v236)
  %v238 = insertelement <16 x float> %v235, float %v237, i32 11
  %v239 = extractelement <16 x float> %v202, i32 12
  %v240 = call float @log1pf(float %v239)
  %v241 = insertelement <16 x float> %v238, float %v240, i32 12
  %v242 = extractelement <16 x float> %v202, i32 13
  %v243 = call float @log1pf(float %v242)
  %v244 = insertelement <16 x float> %v241, float %v243, i32 13
  %v245 = extractelement <16 x float> %v202, i32 14
  %v246 = call float @log1pf(float %v245)
  %v247 = insertelement <16 x float> %v244, float %v246, i32 14
  %v248 = extractelement <16 x float> %v202, i32 15
  %v249 = call float @log1pf(float %v248)
  %v250 = insertelement <16 x float> %v247, float %v249, i32 15
  %v251 = fmul contract arcp nsz <16 x float> splat (float 0x4000000000000000), %v200
  %v252 = fsub contract arcp nsz <16 x float> %v250, %v251
  %v253 = fadd contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v202
  br label %head254
head254:
  %i254 = phi i64 [ 0, %exit128 ], [ %next254, %latch254 ]
  %more254 = icmp slt i64 %i254, %v8
  br i1 %more254, label %body254, label %exit254
body254:
  %v255 = mul i64 %v8, 1
  %v256 = add i64 %v255, %i254
  %v257 = add i64 %v256, 2
  %v258 = mul i64 %v257, 16
  %v259 = getelementptr inbounds float, ptr %v56, i64 %v258
  %v260 = load <16 x float>, ptr %v259, align 4
  %v261 = mul i64 %v8, 4
  %v262 = add i64 %v261, %i254
  %v263 = add i64 %v262, 2
  %v264 = mul i64 %v263, 16
  %v265 = getelementptr inbounds float, ptr %v56, i64 %v264
  %v266 = load <16 x float>, ptr %v265, align 4
  %v267 = fmul contract arcp nsz <16 x float> %v260, %v202
  %v268 = fsub contract arcp nsz <16 x float> %v266, %v267
  %v269 = fdiv contract arcp nsz <16 x float> %v268, %v253
  %v270 = fmul contract arcp nsz <16 x float> %v269, %v93
  %v271 = mul i64 %v8, 2
  %v272 = add i64 %v271, %i254
  %v273 = add i64 %v272, 2
  %v274 = mul i64 %v273, 16
  %v275 = getelementptr inbounds float, ptr %v56, i64 %v274
  store <16 x float> %v270, ptr %v275, align 4
  br label %latch254
latch254:
  %next254 = add nsw i64 %i254, 1
  br label %head254
exit254:
  store <16 x float> %v252, ptr %v54, align 4
  %v276 = sub i64 %v3, %i61
  %v277 = icmp slt i64 %v276, 16
  %v278 = select i1 %v277, i64 %v276, i64 16
  br label %head279
head279:
  %i279 = phi i64 [ 0, %exit254 ], [ %next279, %latch279 ]
  %more279 = icmp slt i64 %i279, %v278
  br i1 %more279, label %body279, label %exit279
body279:
  %v280 = add i64 %i61, %i279
  %v281 = getelementptr inbounds float, ptr %v48, i64 %v280
  %v282 = load float, ptr %v281
  %v283 = getelementptr inbounds float, ptr %v54, i64 %i279
  %v284 = load float, ptr %v283
  %v285 = fmul float %v282, %v284
  %v286 = fpext float %v285 to double
  %v287 = load double, ptr %s53
  %v288 = fadd double %v287, %v286
  store double %v288, ptr %s53
  %v289 = mul i64 %v280, %v35
  %v290 = add i64 %v289, %v5
  %v291 = getelementptr inbounds float, ptr %v33, i64 %v290
  br label %head292
head292:
  %i292 = phi i64 [ 0, %body279 ], [ %next292, %latch292 ]
  %more292 = icmp slt i64 %i292, %v8
  br i1 %more292, label %body292, label %exit292
body292:
  %v293 = mul i64 %v8, 2
  %v294 = add i64 %v293, %i292
  %v295 = add i64 %v294, 2
  %v296 = mul i64 %v295, 16
  %v297 = getelementptr inbounds float, ptr %v56, i64 %v296
  %v298 = getelementptr inbounds float, ptr %v297, i64 %i279
  %v299 = load float, ptr %v298
  %v300 = getelementptr inbounds float, ptr %v291, i64 %i292
  store float %v299, ptr %v300
  br label %latch292
latch292:
  %next292 = add nsw i64 %i292, 1
  br label %head292
exit292:
  br label %latch279
latch279:
  %next279 = add nsw i64 %i279, 1
  br label %head279
exit279:
  br label %latch61
latch61:
  %next61 = add nsw i64 %i61, 16
  br label %head61
exit61:
  %v301 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v302 = load ptr, ptr %v301
  %v303 = getelementptr inbounds double, ptr %v302, i64 0
  %v304 = load double, ptr %v303
  %v305 = load double, ptr %s53
  %v306 = fadd double %v304, %v305
  store double %v306, ptr %v303
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
  %v21 = getelementptr inbounds ptr, ptr %addresses, i64 17
  %v22 = load ptr, ptr %v21
  %v23 = getelementptr inbounds float, ptr %v22, i64 %v5
  %v24 = getelementptr inbounds ptr, ptr %addresses, i64 18
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
  %v21 = getelementptr inbounds ptr, ptr %addresses, i64 17
  %v22 = load ptr, ptr %v21
  %v23 = getelementptr inbounds float, ptr %v22, i64 %v5
  %v24 = getelementptr inbounds ptr, ptr %addresses, i64 18
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
