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
  %s136 = alloca <16 x float>
  %s137 = alloca <16 x float>
  %s138 = alloca <16 x float>
  %s139 = alloca <16 x float>
  %s271 = alloca <16 x float>
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
  %v119 = fsub contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v112
  %v120 = mul i64 %v8, 5
  %v121 = add i64 %v120, %i95
  %v122 = add i64 %v121, 2
  %v123 = mul i64 %v122, 16
  %v124 = getelementptr inbounds float, ptr %v56, i64 %v123
  store <16 x float> %v119, ptr %v124, align 4
  %v125 = load <16 x float>, ptr %s94
  %v126 = fcmp ogt <16 x float> %v125, %v113
  %v127 = fcmp uno <16 x float> %v125, %v125
  %v128 = or <16 x i1> %v126, %v127
  %v129 = select <16 x i1> %v128, <16 x float> %v125, <16 x float> %v113
  store <16 x float> %v129, ptr %s94
  br label %latch95
latch95:
  %next95 = add nsw i64 %i95, 1
  br label %head95
exit95:
  %v130 = load <16 x float>, ptr %s94
  %v131 = fcmp ogt <16 x float> %v130, splat (float 0x0000000000000000)
  %v132 = fcmp uno <16 x float> %v130, %v130
  %v133 = or <16 x i1> %v131, %v132
  %v134 = select <16 x i1> %v133, <16 x float> %v130, <16 x float> splat (float 0x0000000000000000)
  %v135 = fsub contract arcp nsz <16 x float> %v134, splat (float 0x47EFFFFFE0000000)
  store <16 x float> splat (float 0x0000000000000000), ptr %s136
  store <16 x float> splat (float 0x0000000000000000), ptr %s137
  store <16 x float> splat (float 0x0000000000000000), ptr %s138
  store <16 x float> splat (float 0x0000000000000000), ptr %s139
  br label %head140
head140:
  %i140 = phi i64 [ 0, %exit95 ], [ %next140, %latch140 ]
  %more140 = icmp slt i64 %i140, %v8
  br i1 %more140, label %body140, label %exit140
body140:
  %v141 = mul i64 %v8, 1
  %v142 = add i64 %v141, %i140
  %v143 = add i64 %v142, 2
  %v144 = mul i64 %v143, 16
  %v145 = getelementptr inbounds float, ptr %v56, i64 %v144
  %v146 = load <16 x float>, ptr %v145, align 4
  %v147 = mul i64 %v8, 3
  %v148 = add i64 %v147, %i140
  %v149 = add i64 %v148, 2
  %v150 = mul i64 %v149, 16
  %v151 = getelementptr inbounds float, ptr %v56, i64 %v150
  %v152 = load <16 x float>, ptr %v151, align 4
  %v153 = fcmp ogt <16 x float> %v152, %v135
  %v154 = fcmp uno <16 x float> %v152, %v152
  %v155 = or <16 x i1> %v153, %v154
  %v156 = select <16 x i1> %v155, <16 x float> %v152, <16 x float> %v135
  %v157 = fsub contract arcp nsz <16 x float> %v156, %v130
  %v158 = fmul contract arcp nsz <16 x float> splat (float 0x4000000000000000), %v157
  %v159 = fcmp ogt <16 x float> %v158, splat (float 0x4056400000000000)
  %v160 = select <16 x i1> %v159, <16 x float> splat (float 0x4056400000000000), <16 x float> %v158
  %v161 = fcmp olt <16 x float> %v160, splat (float 0xC05A000000000000)
  %v162 = select <16 x i1> %v161, <16 x float> splat (float 0xC05A000000000000), <16 x float> %v160
  %v163 = fmul contract arcp nsz <16 x float> %v162, splat (float 0x3FF7154760000000)
  %v164 = fadd contract arcp nsz <16 x float> %v163, splat (float 0x4168000000000000)
  %v165 = fsub contract arcp nsz <16 x float> %v164, splat (float 0x4168000000000000)
  %v166 = fmul contract arcp nsz <16 x float> %v165, splat (float 0x3FE62E0000000000)
  %v167 = fsub contract arcp nsz <16 x float> %v162, %v166
  %v168 = fmul contract arcp nsz <16 x float> %v165, splat (float 0x3F00BFBE80000000)
  %v169 = fsub contract arcp nsz <16 x float> %v167, %v168
  %v170 = fmul contract arcp nsz <16 x float> splat (float 0x3F2A01A020000000), %v169
  %v171 = fadd contract arcp nsz <16 x float> %v170, splat (float 0x3F56C16C20000000)
  %v172 = fmul contract arcp nsz <16 x float> %v171, %v169
  %v173 = fadd contract arcp nsz <16 x float> %v172, splat (float 0x3F81111120000000)
  %v174 = fmul contract arcp nsz <16 x float> %v173, %v169
  %v175 = fadd contract arcp nsz <16 x float> %v174, splat (float 0x3FA5555560000000)
  %v176 = fmul contract arcp nsz <16 x float> %v175, %v169
  %v177 = fadd contract arcp nsz <16 x float> %v176, splat (float 0x3FC5555560000000)
  %v178 = fmul contract arcp nsz <16 x float> %v177, %v169
  %v179 = fadd contract arcp nsz <16 x float> %v178, splat (float 0x3FE0000000000000)
  %v180 = fmul contract arcp nsz <16 x float> %v179, %v169
  %v181 = fmul contract arcp nsz <16 x float> %v180, %v169
  %v182 = fadd contract arcp nsz <16 x float> %v181, %v169
  %v183 = fmul contract arcp nsz <16 x float> %v165, splat (float 0x3FE0000000000000)
  %v184 = fadd contract arcp nsz <16 x float> %v183, splat (float 0x4168000000000000)
  %v185 = fsub contract arcp nsz <16 x float> %v164, %v184
  %v186 = fadd contract arcp nsz <16 x float> %v185, splat (float 0x4168000000000000)
  %v187 = bitcast <16 x float> %v184 to <16 x i32>
  %v188 = add <16 x i32> %v187, splat (i32 127)
  %v189 = shl <16 x i32> %v188, splat (i32 23)
  %v190 = bitcast <16 x i32> %v189 to <16 x float>
  %v191 = bitcast <16 x float> %v186 to <16 x i32>
  %v192 = add <16 x i32> %v191, splat (i32 127)
  %v193 = shl <16 x i32> %v192, splat (i32 23)
  %v194 = bitcast <16 x i32> %v193 to <16 x float>
  %v195 = fmul contract arcp nsz <16 x float> %v182, %v190
  %v196 = fadd contract arcp nsz <16 x float> %v195, %v190
  %v197 = fmul contract arcp nsz <16 x float> %v196, %v194
  %v198 = mul i64 %v8, 4
  %v199 = add i64 %v198, %i140
  %v200 = add i64 %v199, 2
  %v201 = mul i64 %v200, 16
  %v202 = getelementptr inbounds float, ptr %v56, i64 %v201
  store <16 x float> %v197, ptr %v202, align 4
  %v203 = fcmp oeq <16 x float> %v157, splat (float 0x0000000000000000)
  %v204 = select <16 x i1> %v203, <16 x float> splat (float 0x0000000000000000), <16 x float> %v197
  %v205 = select <16 x i1> %v203, <16 x float> splat (float 0x3FF0000000000000), <16 x float> splat (float 0x0000000000000000)
  %v206 = fmul contract arcp nsz <16 x float> %v146, %v157
  %v207 = load <16 x float>, ptr %s136
  %v208 = fadd contract arcp nsz <16 x float> %v207, %v204
  store <16 x float> %v208, ptr %s136
  %v209 = load <16 x float>, ptr %s137
  %v210 = fadd contract arcp nsz <16 x float> %v209, %v205
  store <16 x float> %v210, ptr %s137
  %v211 = load <16 x float>, ptr %s138
  %v212 = fadd contract arcp nsz <16 x float> %v211, %v206
  store <16 x float> %v212, ptr %s138
  %v213 = load <16 x float>, ptr %s139
  %v214 = fadd contract arcp nsz <16 x float> %v213, %v197
  store <16 x float> %v214, ptr %s139
  br label %latch140
latch140:
  %next140 = add nsw i64 %i140, 1
  br label %head140
exit140:
  %v215 = load <16 x float>, ptr %s136
  %v216 = load <16 x float>, ptr %s137
  %v217 = load <16 x float>, ptr %s138
  %v218 = load <16 x float>, ptr %s139
  %v219 = fsub contract arcp nsz <16 x float> %v216, splat (float 0x3FF0000000000000)
  %v220 = fadd contract arcp nsz <16 x float> %v215, %v219
  %v221 = extractelement <16 x float> %v220, i32 0
  %v222 = call float @log1pf(float %v221)
  %v223 = insertelement <16 x float> poison, float %v222, i32 0
  %v224 = extractelement <16 x float> %v220, i32 1
  %v225 = call float @log1pf(float %v224)
  %v226 = insertelement <16 x float> %v223, float %v225, i32 1
  %v227 = extractelement <16 x float> %v220, i32 2
  %v228 = call float @log1pf(float %v227)
  %v229 = insertelement <16 x float> %v226, float %v228, i32 2
  %v230 = extractelement <16 x float> %v220, i32 3
  %v231 = call float @log1pf(float %v230)
  %v232 = insertelement <16 x float> %v229, float %v231, i32 3
  %v233 = extractelement <16 x float> %v220, i32 4
  %v234 = call float @log1pf(float %v233)
  %v235 = insertelement <16 x float> %v232, float %v234, i32 4
  %v236 = extractelement <16 x float> %v220, i32 5
  %v237 = call float @log1pf(float %v236)
  %v238 = insertelement <16 x float> %v235, float %v237, i32 5
  %v239 = extractelement <16 x float> %v220, i32 6
  %v240 = call float @log1pf(float %v239)
  %v241 = insertelement <16 x float> %v238, float %v240, i32 6
  %v242 = extractelement <16 x float> %v220, i32 7
  %v243 = call float @log1pf(float %v242)
  %v244 = insertelement <16 x float> %v241, float %v243, i32 7
  %v245 = extractelement <16 x float> %v220, i32 8
  %v246 = call float @log1pf(float %v245)
  %v247 = insertelement <16 x float> %v244, float %v246, i32 8
  %v248 = extractelement <16 x float> %v220, i32 9
  %v249 = call float @log1pf(float %v248)
  %v250 = insertelement <16 x float> %v247, float %v249, i32 9
  %v251 = extractelement <16 x float> %v220, i32 10
  %v252 = call float @log1pf(float %v251)
  %v253 = insertelement <16 x float> %v250, float %v252, i32 10
  %v254 = extractelement <16 x float> %v220, i32 11
  %v255 = call float @log1pf(float %v254)
  %v256 = insertelement <16 x float> %v253, float %v255, i32 11
  %v257 = extractelement <16 x float> %v220, i32 12
  %v258 = call float @log1pf(float %v257)
  %v259 = insertelement <16 x float> %v256, float %v258, i32 12
  %v260 = extractelement <16 x float> %v220, i32 13
  %v261 = call float @log1pf(float %v260)
  %v262 = insertelement <16 x float> %v259, float %v261, i32 13
  %v263 = extractelement <16 x float> %v220, i32 14
  %v264 = call float @log1pf(float %v263)
  %v265 = insertelement <16 x float> %v262, float %v264, i32 14
  %v266 = extractelement <16 x float> %v220, i32 15
  %v267 = call float @log1pf(float %v266)
  %v268 = insertelement <16 x float> %v265, float %v267, i32 15
  %v269 = fmul contract arcp nsz <16 x float> splat (float 0x4000000000000000), %v217
  %v270 = fsub contract arcp nsz <16 x float> %v268, %v269
  store <16 x float> splat (float 0x0000000000000000), ptr %s271
  br label %head272
head272:
  %i272 = phi i64 [ 0, %exit140 ], [ %next272, %latch272 ]
  %more272 = icmp slt i64 %i272, %v8
  br i1 %more272, label %body272, label %exit272
body272:
  %v273 = mul i64 %v8, 4
  %v274 = add i64 %v273, %i272
  %v275 = add i64 %v274, 2
  %v276 = mul i64 %v275, 16
  %v277 = getelementptr inbounds float, ptr %v56, i64 %v276
  %v278 = load <16 x float>, ptr %v277, align 4
  %v279 = mul i64 %v8, 5
  %v280 = add i64 %v279, %i272
  %v281 = add i64 %v280, 2
  %v282 = mul i64 %v281, 16
  %v283 = getelementptr inbounds float, ptr %v56, i64 %v282
  %v284 = load <16 x float>, ptr %v283, align 4
  %v285 = fdiv contract arcp nsz <16 x float> %v278, %v218
  %v286 = fcmp ogt <16 x float> %v285, splat (float 0x3FE0000000000000)
  %v287 = uitofp <16 x i1> %v286 to <16 x float>
  %v288 = mul i64 %v8, 6
  %v289 = add i64 %v288, %i272
  %v290 = add i64 %v289, 2
  %v291 = mul i64 %v290, 16
  %v292 = getelementptr inbounds float, ptr %v56, i64 %v291
  store <16 x float> %v287, ptr %v292, align 4
  %v293 = select <16 x i1> %v286, <16 x float> splat (float 0x0000000000000000), <16 x float> %v285
  %v294 = fmul contract arcp nsz <16 x float> %v284, %v285
  %v295 = mul i64 %v8, 8
  %v296 = add i64 %v295, %i272
  %v297 = add i64 %v296, 2
  %v298 = mul i64 %v297, 16
  %v299 = getelementptr inbounds float, ptr %v56, i64 %v298
  store <16 x float> %v294, ptr %v299, align 4
  %v300 = fsub contract arcp nsz <16 x float> splat (float 0x3FF0000000000000), %v285
  %v301 = mul i64 %v8, 7
  %v302 = add i64 %v301, %i272
  %v303 = add i64 %v302, 2
  %v304 = mul i64 %v303, 16
  %v305 = getelementptr inbounds float, ptr %v56, i64 %v304
  store <16 x float> %v300, ptr %v305, align 4
  %v306 = load <16 x float>, ptr %s271
  %v307 = fadd contract arcp nsz <16 x float> %v306, %v293
  store <16 x float> %v307, ptr %s271
  br label %latch272
latch272:
  %next272 = add nsw i64 %i272, 1
  br label %head272
exit272:
  %v308 = load <16 x float>, ptr %s271
  br label %head309
head309:
  %i309 = phi i64 [ 0, %exit272 ], [ %next309, %latch309 ]
  %more309 = icmp slt i64 %i309, %v8
  br i1 %more309, label %body309, label %exit309
body309:
  %v310 = mul i64 %v8, 1
  %v311 = add i64 %v310, %i309
  %v312 = add i64 %v311, 2
  %v313 = mul i64 %v312, 16
  %v314 = getelementptr inbounds float, ptr %v56, i64 %v313
  %v315 = load <16 x float>, ptr %v314, align 4
  %v316 = mul i64 %v8, 6
  %v317 = add i64 %v316, %i309
  %v318 = add i64 %v317, 2
  %v319 = mul i64 %v318, 16
  %v320 = getelementptr inbounds float, ptr %v56, i64 %v319
  %v321 = load <16 x float>, ptr %v320, align 4
  %v322 = fcmp une <16 x float> %v321, splat (float 0x0000000000000000)
  %v323 = mul i64 %v8, 8
  %v324 = add i64 %v323, %i309
  %v325 = add i64 %v324, 2
  %v326 = mul i64 %v325, 16
  %v327 = getelementptr inbounds float, ptr %v56, i64 %v326
  %v328 = load <16 x float>, ptr %v327, align 4
  %v329 = mul i64 %v8, 7
  %v330 = add i64 %v329, %i309
  %v331 = add i64 %v330, 2
  %v332 = mul i64 %v331, 16
  %v333 = getelementptr inbounds float, ptr %v56, i64 %v332
  %v334 = load <16 x float>, ptr %v333, align 4
  %v335 = select <16 x i1> %v322, <16 x float> %v308, <16 x float> %v334
  %v336 = fmul contract arcp nsz <16 x float> %v315, %v335
  %v337 = fsub contract arcp nsz <16 x float> %v328, %v336
  %v338 = fmul contract arcp nsz <16 x float> %v337, %v93
  %v339 = mul i64 %v8, 2
  %v340 = add i64 %v339, %i309
  %v341 = add i64 %v340, 2
  %v342 = mul i64 %v341, 16
  %v343 = getelementptr inbounds float, ptr %v56, i64 %v342
  store <16 x float> %v338, ptr %v343, align 4
  br label %latch309
latch309:
  %next309 = add nsw i64 %i309, 1
  br label %head309
exit309:
  store <16 x float> %v270, ptr %v54, align 4
  %v344 = sub i64 %v3, %i61
  %v345 = icmp slt i64 %v344, 16
  %v346 = select i1 %v345, i64 %v344, i64 16
  br label %head347
head347:
  %i347 = phi i64 [ 0, %exit309 ], [ %next347, %latch347 ]
  %more347 = icmp slt i64 %i347, %v346
  br i1 %more347, label %body347, label %exit347
body347:
  %v348 = add i64 %i61, %i347
  %v349 = getelementptr inbounds float, ptr %v48, i64 %v348
  %v350 = load float, ptr %v349
  %v351 = getelementptr inbounds float, ptr %v54, i64 %i347
  %v352 = load float, ptr %v351
  %v353 = fmul float %v350, %v352
  %v354 = fpext float %v353 to double
  %v355 = load double, ptr %s53
  %v356 = fadd double %v355, %v354
  store double %v356, ptr %s53
  %v357 = mul i64 %v348, %v35
  %v358 = add i64 %v357, %v5
  %v359 = getelementptr inbounds float, ptr %v33, i64 %v358
  br label %head360
head360:
  %i360 = phi i64 [ 0, %body347 ], [ %next360, %latch360 ]
  %more360 = icmp slt i64 %i360, %v8
  br i1 %more360, label %body360, label %exit360
body360:
  %v361 = mul i64 %v8, 2
  %v362 = add i64 %v361, %i360
  %v363 = add i64 %v362, 2
  %v364 = mul i64 %v363, 16
  %v365 = getelementptr inbounds float, ptr %v56, i64 %v364
  %v366 = getelementptr inbounds float, ptr %v365, i64 %i347
  %v367 = load float, ptr %v366
  %v368 = getelementptr inbounds float, ptr %v359, i64 %i360
  store float %v367, ptr %v368
  br label %latch360
latch360:
  %next360 = add nsw i64 %i360, 1
  br label %head360
exit360:
  br label %latch347
latch347:
  %next347 = add nsw i64 %i347, 1
  br label %head347
exit347:
  br label %latch61
latch61:
  %next61 = add nsw i64 %i61, 16
  br label %head61
exit61:
  %v369 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v370 = load ptr, ptr %v369
  %v371 = getelementptr inbounds double, ptr %v370, i64 0
  %v372 = load double, ptr %v371
  %v373 = load double, ptr %s53
  %v374 = fadd double %v372, %v373
  store double %v374, ptr %v371
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
