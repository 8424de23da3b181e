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
  %v70 = call float @llvm.fabs.f32(float %v69)
  %v71 = fcmp ogt float %v70, 0x4039000000000000
  %v72 = select i1 %v71, float 0x4039000000000000, float %v70
  %v73 = fmul contract arcp nsz float 0x4000000000000000, %v72
  %v74 = fcmp ogt float %v73, 0x4056400000000000
  %v75 = select i1 %v74, float 0x4056400000000000, float %v73
  %v76 = fcmp olt float %v75, 0xC049000000000000
  %v77 = select i1 %v76, float 0xC049000000000000, float %v75
  %v78 = fmul contract arcp nsz float %v77, 0x3FF7154760000000
  %v79 = fadd contract arcp nsz float %v78, 0x4168000000000000
  %v80 = fsub contract arcp nsz float %v79, 0x4168000000000000
  %v81 = fmul contract arcp nsz float %v80, 0x3FE62E0000000000
  %v82 = fsub contract arcp nsz float %v77, %v81
  %v83 = fmul contract arcp nsz float %v80, 0x3F00BFBE80000000
  %v84 = fsub contract arcp nsz float %v82, %v83
  %v85 = fmul contract arcp nsz float 0x3F2A01A020000000, %v84
  %v86 = fadd contract arcp nsz float %v85, 0x3F56C16C20000000
  %v87 = fmul contract arcp nsz float %v86, %v84
  %v88 = fadd contract arcp nsz float %v87, 0x3F81111120000000
  %v89 = fmul contract arcp nsz float %v88, %v84
  %v90 = fadd contract arcp nsz float %v89, 0x3FA5555560000000
  %v91 = fmul contract arcp nsz float %v90, %v84
  %v92 = fadd contract arcp nsz float %v91, 0x3FC5555560000000
  %v93 = fmul contract arcp nsz float %v92, %v84
  %v94 = fadd contract arcp nsz float %v93, 0x3FE0000000000000
  %v95 = fmul contract arcp nsz float %v94, %v84
  %v96 = fmul contract arcp nsz float %v95, %v84
  %v97 = fadd contract arcp nsz float %v96, %v84
  %v98 = fsub contract arcp nsz float %v79, 0x3FF0000000000000
  %v99 = bitcast float %v98 to i32
  %v100 = add i32 %v99, 127
  %v101 = shl i32 %v100, 23
  %v102 = bitcast i32 %v101 to float
  %v103 = fmul contract arcp nsz float %v97, %v102
  %v104 = fsub contract arcp nsz float %v102, 0x3FE0000000000000
  %v105 = fadd contract arcp nsz float %v103, %v104
  %v106 = fmul contract arcp nsz float 0x4000000000000000, %v105
  %v107 = fadd contract arcp nsz float %v106, 0x4000000000000000
  %v108 = fdiv contract arcp nsz float %v106, %v107
  %v109 = fcmp olt float %v69, 0x0000000000000000
  %v110 = fneg float %v108
  %v111 = select i1 %v109, float %v110, float %v108
  %v112 = getelementptr inbounds float, ptr %v58, i64 %i64
  store float %v111, ptr %v112
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
  %v65 = getelementptr inbounds float, ptr %v55, i64 %i64
  %v66 = load float, ptr %v65
  %v67 = getelementptr inbounds float, ptr %v51, i64 %i64
  %v68 = load float, ptr %v67
  %v69 = fadd contract arcp nsz float %v66, %v68
  %v70 = getelementptr inbounds float, ptr %v61, i64 %i64
  %v71 = load float, ptr %v70
  %v72 = call float @llvm.fabs.f32(float %v69)
  %v73 = fneg float %v72
  %v74 = fcmp ogt float %v73, 0x4056400000000000
  %v75 = select i1 %v74, float 0x4056400000000000, float %v73
  %v76 = fcmp olt float %v75, 0xC05A000000000000
  %v77 = select i1 %v76, float 0xC05A000000000000, float %v75
  %v78 = fmul contract arcp nsz float %v77, 0x3FF7154760000000
  %v79 = fadd contract arcp nsz float %v78, 0x4168000000000000
  %v80 = fsub contract arcp nsz float %v79, 0x4168000000000000
  %v81 = fmul contract arcp nsz float %v80, 0x3FE62E0000000000
  %v82 = fsub contract arcp nsz float %v77, %v81
  %v83 = fmul contract arcp nsz float %v80, 0x3F00BFBE80000000
  %v84 = fsub contract arcp nsz float %v82, %v83
  %v85 = fmul contract arcp nsz float 0x3F2A01A020000000, %v84
  %v86 = fadd contract arcp nsz float %v85, 0x3F56C16C20000000
  %v87 = fmul contract arcp nsz float %v86, %v84
  %v88 = fadd contract arcp nsz float %v87, 0x3F81111120000000
  %v89 = fmul contract arcp nsz float %v88, %v84
  %v90 = fadd contract arcp nsz float %v89, 0x3FA5555560000000
  %v91 = fmul contract arcp nsz float %v90, %v84
  %v92 = fadd contract arcp nsz float %v91, 0x3FC5555560000000
  %v93 = fmul contract arcp nsz float %v92, %v84
  %v94 = fadd contract arcp nsz float %v93, 0x3FE0000000000000
  %v95 = fmul contract arcp nsz float %v94, %v84
  %v96 = fmul contract arcp nsz float %v95, %v84
  %v97 = fadd contract arcp nsz float %v96, %v84
  %v98 = fmul contract arcp nsz float %v80, 0x3FE0000000000000
  %v99 = fadd contract arcp nsz float %v98, 0x4168000000000000
  %v100 = fsub contract arcp nsz float %v79, %v99
  %v101 = fadd contract arcp nsz float %v100, 0x4168000000000000
  %v102 = bitcast float %v99 to i32
  %v103 = add i32 %v102, 127
  %v104 = shl i32 %v103, 23
  %v105 = bitcast i32 %v104 to float
  %v106 = bitcast float %v101 to i32
  %v107 = add i32 %v106, 127
  %v108 = shl i32 %v107, 23
  %v109 = bitcast i32 %v108 to float
  %v110 = fmul contract arcp nsz float %v97, %v105
  %v111 = fadd contract arcp nsz float %v110, %v105
  %v112 = fmul contract arcp nsz float %v111, %v109
  %v113 = fmul contract arcp nsz float 0x4000000000000000, %v112
  %v114 = fmul contract arcp nsz float %v112, %v112
  %v115 = fadd contract arcp nsz float 0x3FF0000000000000, %v114
  %v116 = fdiv contract arcp nsz float %v113, %v115
  %v117 = fmul contract arcp nsz float %v116, %v116
  %v118 = fmul contract arcp nsz float %v117, %v71
  %v119 = getelementptr inbounds float, ptr %v61, i64 %i64
  store float %v118, ptr %v119
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

define void @forward_1(ptr %operation, ptr %addresses) {
entry:
  %s64 = alloca float
  %s78 = alloca float
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
  store float 0xFFF0000000000000, ptr %s64
  br label %head65
head65:
  %i65 = phi i64 [ 0, %body52 ], [ %next65, %latch65 ]
  %more65 = icmp slt i64 %i65, %v8
  br i1 %more65, label %body65, label %exit65
body65:
  %v66 = getelementptr inbounds float, ptr %v55, i64 %i65
  %v67 = load float, ptr %v66
  %v68 = getelementptr inbounds float, ptr %v51, i64 %i65
  %v69 = load float, ptr %v68
  %v70 = fadd contract arcp nsz float %v67, %v69
  %v71 = fdiv contract arcp nsz float %v70, 0x4000000000000000
  %v72 = mul i64 %v8, 0
  %v73 = add i64 %v72, %i65
  %v74 = getelementptr inbounds float, ptr %v46, i64 %v73
  store float %v71, ptr %v74
  %v75 = load float, ptr %s64
  %v76 = call float @llvm.maximum.f32(float %v75, float %v71)
  store float %v76, ptr %s64
  br label %latch65
latch65:
  %next65 = add nsw i64 %i65, 1
  br label %head65
exit65:
  %v77 = load float, ptr %s64
  store float 0x0000000000000000, ptr %s78
  br label %head79
head79:
  %i79 = phi i64 [ 0, %exit65 ], [ %next79, %latch79 ]
  %more79 = icmp slt i64 %i79, %v8
  br i1 %more79, label %body79, label %exit79
body79:
  %v80 = mul i64 %v8, 0
  %v81 = add i64 %v80, %i79
  %v82 = getelementptr inbounds float, ptr %v46, i64 %v81
  %v83 = load float, ptr %v82
  %v84 = fsub contract arcp nsz float %v83, %v77
  %v85 = fmul contract arcp nsz float 0x4000000000000000, %v84
  %v86 = fcmp ogt float %v85, 0x4056400000000000
  %v87 = select i1 %v86, float 0x4056400000000000, float %v85
  %v88 = fcmp olt float %v87, 0xC05A000000000000
  %v89 = select i1 %v88, float 0xC05A000000000000, float %v87
  %v90 = fmul contract arcp nsz float %v89, 0x3FF7154760000000
  %v91 = fadd contract arcp nsz float %v90, 0x4168000000000000
  %v92 = fsub contract arcp nsz float %v91, 0x4168000000000000
  %v93 = fmul contract arcp nsz float %v92, 0x3FE62E0000000000
  %v94 = fsub contract arcp nsz float %v89, %v93
  %v95 = fmul contract arcp nsz float %v92, 0x3F00BFBE80000000
  %v96 = fsub contract arcp nsz float %v94, %v95
  %v97 = fmul contract arcp nsz float 0x3F2A01A020000000, %v96
  %v98 = fadd contract arcp nsz float %v97, 0x3F56C16C20000000
  %v99 = fmul contract arcp nsz float %v98, %v96
  %v100 = fadd contract arcp nsz float %v99, 0x3F81111120000000
  %v101 = fmul contract arcp nsz float %v100, %v96
  %v102 = fadd contract arcp nsz float %v101, 0x3FA5555560000000
  %v103 = fmul contract arcp nsz float %v102, %v96
  %v104 = fadd contract arcp nsz float %v103, 0x3FC5555560000000
  %v105 = fmul contract arcp nsz float %v104, %v96
  %v106 = fadd contract arcp nsz float %v105, 0x3FE0000000000000
  %v107 = fmul contract arcp nsz float %v106, %v96
  %v108 = fmul contract arcp nsz float %v107, %v96
  %v109 = fadd contract arcp nsz float %v108, %v96
  %v110 = fmul contract arcp nsz float %v92, 0x3FE0000000000000
  %v111 = fadd contract arcp nsz float %v110, 0x4168000000000000
  %v112 = fsub contract arcp nsz float %v91, %v111
  %v113 = fadd contract arcp nsz float %v112, 0x4168000000000000
  %v114 = bitcast float %v111 to i32
  %v115 = add i32 %v114, 127
  %v116 = shl i32 %v115, 23
  %v117 = bitcast i32 %v116 to float
  %v118 = bitcast float %v113 to i32
  %v119 = add i32 %v118, 127
  %v120 = shl i32 %v119, 23
  %v121 = bitcast i32 %v120 to float
  %v122 = fmul contract arcp nsz float %v109, %v117
  %v123 = fadd contract arcp nsz float %v122, %v117
  %v124 = fmul contract arcp nsz float %v123, %v121
  %v125 = mul i64 %v8, 1
  %v126 = add i64 %v125, %i79
  %v127 = getelementptr inbounds float, ptr %v46, i64 %v126
  store float %v124, ptr %v127
  %v128 = load float, ptr %s78
  %v129 = fadd reassoc contract arcp nsz float %v128, %v124
  store float %v129, ptr %s78
  br label %latch79
latch79:
  %next79 = add nsw i64 %i79, 1
  br label %head79
exit79:
  %v130 = load float, ptr %s78
  br label %head131
head131:
  %i131 = phi i64 [ 0, %exit79 ], [ %next131, %latch131 ]
  %more131 = icmp slt i64 %i131, %v8
  br i1 %more131, label %body131, label %exit131
body131:
  %v132 = mul i64 %v8, 1
  %v133 = add i64 %v132, %i131
  %v134 = getelementptr inbounds float, ptr %v46, i64 %v133
  %v135 = load float, ptr %v134
  %v136 = fdiv contract arcp nsz float %v135, %v130
  %v137 = getelementptr inbounds float, ptr %v58, i64 %i131
  store float %v136, ptr %v137
  br label %latch131
latch131:
  %next131 = add nsw i64 %i131, 1
  br label %head131
exit131:
  br label %latch52
latch52:
  %next52 = add nsw i64 %i52, 1
  br label %head52
exit52:
  ret void
}

define void @backward_1(ptr %operation, ptr %addresses) {
entry:
  %s64 = alloca float
  %s74 = alloca float
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
  store float 0x0000000000000000, ptr %s64
  br label %head65
head65:
  %i65 = phi i64 [ 0, %body52 ], [ %next65, %latch65 ]
  %more65 = icmp slt i64 %i65, %v8
  br i1 %more65, label %body65, label %exit65
body65:
  %v66 = getelementptr inbounds float, ptr %v58, i64 %i65
  %v67 = load float, ptr %v66
  %v68 = getelementptr inbounds float, ptr %v61, i64 %i65
  %v69 = load float, ptr %v68
  %v70 = fmul contract arcp nsz float %v67, %v69
  %v71 = load float, ptr %s64
  %v72 = fadd reassoc contract arcp nsz float %v71, %v70
  store float %v72, ptr %s64
  br label %latch65
latch65:
  %next65 = add nsw i64 %i65, 1
  br label %head65
exit65:
  %v73 = load float, ptr %s64
  store float 0x0000000000000000, ptr %s74
  br label %head75
head75:
  %i75 = phi i64 [ 0, %exit65 ], [ %next75, %latch75 ]
  %more75 = icmp slt i64 %i75, %v8
  br i1 %more75, label %body75, label %exit75
body75:
  %v76 = getelementptr inbounds float, ptr %v58, i64 %i75
  %v77 = load float, ptr %v76
  %v78 = getelementptr inbounds float, ptr %v61, i64 %i75
  %v79 = load float, ptr %v78
  %v80 = fsub contract arcp nsz float %v79, %v73
  %v81 = mul i64 %v8, 0
  %v82 = add i64 %v81, %i75
  %v83 = getelementptr inbounds float, ptr %v46, i64 %v82
  store float %v80, ptr %v83
  %v84 = fmul contract arcp nsz float %v77, %v80
  %v85 = load float, ptr %s74
  %v86 = fadd reassoc contract arcp nsz float %v85, %v84
  store float %v86, ptr %s74
  br label %latch75
latch75:
  %next75 = add nsw i64 %i75, 1
  br label %head75
exit75:
  %v87 = load float, ptr %s74
  br label %head88
head88:
  %i88 = phi i64 [ 0, %exit75 ], [ %next88, %latch88 ]
  %more88 = icmp slt i64 %i88, %v8
  br i1 %more88, label %body88, label %exit88
body88:
  %v89 = getelementptr inbounds float, ptr %v58, i64 %i88
  %v90 = load float, ptr %v89
  %v91 = mul i64 %v8, 0
  %v92 = add i64 %v91, %i88
  %v93 = getelementptr inbounds float, ptr %v46, i64 %v92
  %v94 = load float, ptr %v93
  %v95 = fsub contract arcp nsz float %v94, %v87
  %v96 = fmul contract arcp nsz float %v90, %v95
  %v97 = getelementptr inbounds float, ptr %v61, i64 %i88
  store float %v96, ptr %v97
  br label %latch88
latch88:
  %next88 = add nsw i64 %i88, 1
  br label %head88
exit88:
  br label %latch52
latch52:
  %next52 = add nsw i64 %i52, 1
  br label %head52
exit52:
  ret void
}

define void @update_weights(ptr %operation, ptr %addresses) {
entry:
  %s34 = alloca float
  %s35 = alloca float
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
  %v24 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v25 = load ptr, ptr %v24
  %v26 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v27 = load ptr, ptr %v26
  %v28 = getelementptr inbounds float, ptr %v25, i64 0
  %v29 = load float, ptr %v28
  %v30 = getelementptr inbounds float, ptr %v25, i64 1
  %v31 = load float, ptr %v30
  %v32 = fmul contract arcp nsz float 0x3FE0000000000000, %v29
  %v33 = fmul contract arcp nsz float 0x3FD0000000000000, %v29
  store float 0x0000000000000000, ptr %s34
  store float 0x0000000000000000, ptr %s35
  br label %head36
head36:
  %i36 = phi i64 [ 0, %entry ], [ %next36, %latch36 ]
  %more36 = icmp slt i64 %i36, %v8
  br i1 %more36, label %body36, label %exit36
body36:
  %v37 = getelementptr inbounds float, ptr %v20, i64 %i36
  %v38 = load float, ptr %v37
  %v39 = getelementptr inbounds float, ptr %v15, i64 %i36
  %v40 = load float, ptr %v39
  %v41 = getelementptr inbounds float, ptr %v23, i64 %i36
  %v42 = load float, ptr %v41
  %v43 = fmul contract arcp nsz float 0x3FD0000000000000, %v38
  %v44 = fmul contract arcp nsz float %v43, %v38
  %v45 = call float @llvm.fabs.f32(float %v38)
  %v46 = fmul contract arcp nsz float 0x3FD0000000000000, %v45
  %v47 = fadd contract arcp nsz float %v44, %v46
  %v48 = fmul contract arcp nsz float %v32, %v38
  %v49 = fcmp ogt float %v38, 0x0000000000000000
  %v50 = fcmp olt float %v38, 0x0000000000000000
  %v51 = select i1 %v50, float 0xBFF0000000000000, float %v38
  %v52 = select i1 %v49, float 0x3FF0000000000000, float %v51
  %v53 = fmul contract arcp nsz float %v33, %v52
  %v54 = fadd contract arcp nsz float %v48, %v53
  %v55 = fadd contract arcp nsz float %v40, %v54
  %v56 = fmul contract arcp nsz float %v55, %v55
  %v57 = fmul contract arcp nsz float %v55, %v31
  %v58 = fmul contract arcp nsz float %v42, 0x3FECCCCCC0000000
  %v59 = fsub contract arcp nsz float %v58, %v57
  %v60 = fadd contract arcp nsz float %v38, %v59
  %v61 = load float, ptr %s34
  %v62 = fadd reassoc contract arcp nsz float %v61, %v47
  store float %v62, ptr %s34
  %v63 = load float, ptr %s35
  %v64 = fadd reassoc contract arcp nsz float %v63, %v56
  store float %v64, ptr %s35
  %v65 = getelementptr inbounds float, ptr %v20, i64 %i36
  store float %v60, ptr %v65
  %v66 = getelementptr inbounds float, ptr %v23, i64 %i36
  store float %v59, ptr %v66
  br label %latch36
latch36:
  %next36 = add nsw i64 %i36, 1
  br label %head36
exit36:
  %v67 = load float, ptr %s34
  %v68 = load float, ptr %s35
  %v69 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v70 = load ptr, ptr %v69
  %v71 = getelementptr inbounds double, ptr %v70, i64 1
  %v72 = fpext float %v68 to double
  %v73 = load double, ptr %v71
  %v74 = fadd double %v73, %v72
  store double %v74, ptr %v71
  %v75 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v76 = load ptr, ptr %v75
  %v77 = getelementptr inbounds double, ptr %v76, i64 2
  %v78 = fpext float %v67 to double
  %v79 = load double, ptr %v77
  %v80 = fadd double %v79, %v78
  store double %v80, ptr %v77
  ret void
}

define void @update_biases(ptr %operation, ptr %addresses) {
entry:
  %s32 = alloca float
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
  %v24 = getelementptr inbounds ptr, ptr %addresses, i64 3
  %v25 = load ptr, ptr %v24
  %v26 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v27 = load ptr, ptr %v26
  %v28 = getelementptr inbounds float, ptr %v25, i64 0
  %v29 = load float, ptr %v28
  %v30 = getelementptr inbounds float, ptr %v25, i64 1
  %v31 = load float, ptr %v30
  store float 0x0000000000000000, ptr %s32
  br label %head33
head33:
  %i33 = phi i64 [ 0, %entry ], [ %next33, %latch33 ]
  %more33 = icmp slt i64 %i33, %v8
  br i1 %more33, label %body33, label %exit33
body33:
  %v34 = getelementptr inbounds float, ptr %v20, i64 %i33
  %v35 = load float, ptr %v34
  %v36 = getelementptr inbounds float, ptr %v15, i64 %i33
  %v37 = load float, ptr %v36
  %v38 = getelementptr inbounds float, ptr %v23, i64 %i33
  %v39 = load float, ptr %v38
  %v40 = fmul contract arcp nsz float %v37, %v37
  %v41 = fmul contract arcp nsz float %v37, %v31
  %v42 = fmul contract arcp nsz float %v39, 0x3FECCCCCC0000000
  %v43 = fsub contract arcp nsz float %v42, %v41
  %v44 = fadd contract arcp nsz float %v35, %v43
  %v45 = load float, ptr %s32
  %v46 = fadd reassoc contract arcp nsz float %v45, %v40
  store float %v46, ptr %s32
  %v47 = getelementptr inbounds float, ptr %v20, i64 %i33
  store float %v44, ptr %v47
  %v48 = getelementptr inbounds float, ptr %v23, i64 %i33
  store float %v43, ptr %v48
  br label %latch33
latch33:
  %next33 = add nsw i64 %i33, 1
  br label %head33
exit33:
  %v49 = load float, ptr %s32
  %v50 = getelementptr inbounds ptr, ptr %addresses, i64 4
  %v51 = load ptr, ptr %v50
  %v52 = getelementptr inbounds double, ptr %v51, i64 1
  %v53 = fpext float %v49 to double
  %v54 = load double, ptr %v52
  %v55 = fadd double %v54, %v53
  store double %v55, ptr %v52
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
  %v17 = getelementptr inbounds ptr, ptr %addresses, i64 5
  %v18 = load ptr, ptr %v17
  ret void
}
